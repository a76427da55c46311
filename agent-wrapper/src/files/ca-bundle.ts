import { readFile, rm, writeFile } from "node:fs/promises";
import type { Bundle } from "./read-bundle.ts";

/** Where systems keep all certificates that they trust, in one file: Debian's place, then Fedora's. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/**
 * Writes what the system trusts and what the spec adds into one file, since most programs take a file in place of their
 * own, and returns the variables by which they are told: Codex; OpenSSL and so Ruby, Go and others; curl; git; pip and
 * Python's requests; Node. None without certificates in the spec.
 */
export async function writeCaBundle(
  { config, caCertificates }: Bundle,
  inherited: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  if (caCertificates === undefined) return {};
  const { caBundle } = config.paths;
  const given = inherited["SSL_CERT_FILE"];
  const system = await readFirst(given === undefined ? systemBundles : [given, ...systemBundles]);
  await rm(caBundle, { force: true });
  await writeFile(caBundle, `${system.trimEnd()}\n${caCertificates}`, { mode: 0o444 });
  const names = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"];
  names.push("PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS");
  return Object.fromEntries(names.map((name) => [name, caBundle]));
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
