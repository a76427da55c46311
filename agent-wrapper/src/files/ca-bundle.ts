import { readFile, rm, writeFile } from "node:fs/promises";
import { caVariables } from "@codex-workspace/core";
import type { Bundle } from "./read-bundle.ts";

/** Where systems keep all certificates that they trust, in one file: Debian's place, then Fedora's. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/** What tells programs of `writeCaBundle`'s file; nothing without certificates in the spec. */
export function caEnvironment({ config, caCertificates }: Bundle): Record<string, string> {
  if (caCertificates === undefined) return {};
  return caVariables(config.paths.caBundle);
}

/** Writes what the system trusts and what the spec adds into one file; without the latter, nothing. */
export async function writeCaBundle(
  { config, caCertificates }: Bundle,
  inherited: Readonly<Record<string, string>>,
): Promise<void> {
  if (caCertificates === undefined) return;
  const { caBundle } = config.paths;
  const given = inherited["SSL_CERT_FILE"];
  // In a container it is the file that is written here, with what an earlier configuration trusted.
  const isOthers = given !== undefined && given !== caBundle;
  const system = await readFirst(isOthers ? [given, ...systemBundles] : systemBundles);
  await rm(caBundle, { force: true });
  await writeFile(caBundle, `${system.trimEnd()}\n${caCertificates}`, { mode: 0o444 });
}

async function readFirst(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return "";
}
