import { createHash } from "node:crypto";
import * as z from "zod";
import { configFiles } from "./contract.ts";
import { Secret } from "./secret.ts";

/**
 * `manifest.json`: SHA-256 (hex) of each file of a configuration but `tokens.json`, by its path. Written last, so that a
 * directory which does not agree with it is one that somebody is just writing.
 */
export const configManifestSchema = z.strictObject({
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

export type ConfigManifest = z.infer<typeof configManifestSchema>;

/** A secret itself: a weak secret could be found from its hash. */
export function renderManifest(files: readonly { readonly path: string; readonly content: string | Secret }[]): Secret {
  const hashes = files
    .filter(({ path }) => path !== configFiles.tokens)
    .map(({ path, content }) => [path, hashOfFile(typeof content === "string" ? content : content.reveal())] as const);
  const manifest: ConfigManifest = { files: Object.fromEntries(hashes) };
  return new Secret(`${JSON.stringify(manifest, null, 2)}\n`);
}

export function hashOfFile(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
