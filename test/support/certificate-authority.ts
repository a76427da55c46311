import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** In PEM. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

const openssl = (...args: readonly string[]): Promise<unknown> => promisify(execFile)("openssl", args);
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];

/** An authority that nobody trusts who was not given its certificate. */
export class CertificateAuthority implements AsyncDisposable {
  /** In PEM. */
  readonly certificate: string;
  readonly #directory: string;
  readonly #certificates = new Map<string, Promise<ServerCertificate>>();

  private constructor(directory: string, certificate: string) {
    this.#directory = directory;
    this.certificate = certificate;
  }

  static async create(): Promise<CertificateAuthority> {
    const directory = await mkdtemp(join(tmpdir(), "codex-workspace-ca-"));
    const [key, certificate] = [join(directory, "ca.key"), join(directory, "ca.pem")];
    await openssl("req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=company", "-keyout", key, "-out", certificate);
    return new CertificateAuthority(directory, await readFile(certificate, "utf8"));
  }

  /** What a server of this host name shows, signed by this authority. */
  certificateFor(host: string): Promise<ServerCertificate> {
    const certificate = this.#certificates.get(host) ?? this.#sign(host);
    this.#certificates.set(host, certificate);
    return certificate;
  }

  async #sign(host: string): Promise<ServerCertificate> {
    const path = (name: string): string => join(this.#directory, name);
    const [key, certificate] = [path(`${host}.key`), path(`${host}.pem`)];
    const signer = ["-CA", path("ca.pem"), "-CAkey", path("ca.key")];
    const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    await openssl(
      ...["req", "-x509", ...newKey, ...signer, "-days", "2", ...names, "-addext", "basicConstraints=CA:FALSE"],
      ...["-keyout", key, "-out", certificate],
    );
    return { key: await readFile(key, "utf8"), cert: await readFile(certificate, "utf8") };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#directory, { recursive: true });
  }
}
