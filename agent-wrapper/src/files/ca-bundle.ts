import { readFile, rm, writeFile } from "node:fs/promises";
import type { Bundle } from "./read-bundle.ts";

/** Where systems keep all certificates that they trust, in one file: Debian's place, then Fedora's. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/** Variables by which a program may be told of a file of certificates, since most take it in place of their own. */
const variables = [
  "CODEX_CA_CERTIFICATE",
  // OpenSSL, and so Ruby, Go and others.
  "SSL_CERT_FILE",
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "PIP_CERT",
  // Python's requests.
  "REQUESTS_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
];

/** What tells programs of `writeCaBundle`'s file; nothing without certificates in the spec. */
export function caEnvironment({ config, caCertificates }: Bundle): Record<string, string> {
  if (caCertificates === undefined) return {};
  return Object.fromEntries(variables.map((name) => [name, config.paths.caBundle]));
}

/** Writes what the system trusts and what the spec adds into one file; without the latter, nothing. */
export async function writeCaBundle(
  { config, caCertificates }: Bundle,
  inherited: Readonly<Record<string, string>>,
): Promise<void> {
  if (caCertificates === undefined) return;
  const { caBundle } = config.paths;
  const given = inherited["SSL_CERT_FILE"];
  const system = await readFirst(given === undefined ? systemBundles : [given, ...systemBundles]);
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
