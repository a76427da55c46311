import { createHash } from "node:crypto";
import type { PlannedImage } from "../plan/workspace-plan.ts";
import type { Secret } from "../secret.ts";

export interface ContextFile {
  /** Relative to the context's root, with `/`. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

/** All that `docker build` gets. The Dockerfile is `Dockerfile`. */
export interface BuildContext {
  /** Sorted by path. */
  readonly files: readonly ContextFile[];
  /** What the Dockerfile declares. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Arguments that Docker predefines: every step of the build has them, and no image, history or cache does. */
  readonly proxyArgs: Readonly<Record<string, string | Secret>>;
  /** SHA-256 of the files and declared arguments, in hex: the same hash, the same image but for what registries then answer. */
  readonly hash: string;
  /** Names the image by what is in it: `<name>-<start of hash>`. */
  readonly tag: string;
}

/** How the steps of a build reach the network. */
export type BuildProxies = Pick<Extract<PlannedImage, { kind: "build" }>, "httpProxy" | "httpsProxy" | "noProxy">;

export interface ContextParts {
  /** What the image's tag begins with: `codex-workspace:0.171.0`. */
  readonly name: string;
  readonly files: readonly ContextFile[];
  /** Every argument that decides what is in the image. */
  readonly args: Readonly<Record<string, string>>;
  readonly proxies: BuildProxies;
}

/** Pure: the same parts, the same context. The Dockerfile also gets its hash, as `CONTEXT_HASH`. */
export function toBuildContext({ name, files, args, proxies }: ContextParts): BuildContext {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const hash = hashContext(sorted, args);
  return {
    files: sorted,
    buildArgs: { ...args, CONTEXT_HASH: hash },
    proxyArgs: toProxyArgs(proxies),
    hash,
    tag: `${name}-${hash.slice(0, 12)}`,
  };
}

/** In both cases of letters: apt and curl read the one, others the other. */
function toProxyArgs({ httpProxy, httpsProxy, noProxy }: BuildProxies): Record<string, string | Secret> {
  const except = noProxy.length > 0 ? noProxy.join(",") : undefined;
  const byName = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: except };
  return Object.fromEntries(
    Object.entries(byName).flatMap(([name, value]) =>
      value === undefined ? [] : [name, name.toLowerCase()].map((spelled) => [spelled, value] as const),
    ),
  );
}

function hashContext(files: readonly ContextFile[], args: Readonly<Record<string, string>>): string {
  const contents = files.map(({ path, mode, content }) => [path, mode, sha256(content)]);
  return sha256(JSON.stringify([contents, args]));
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
