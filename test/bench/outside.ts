import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { demoProgram } from "@codex-workspace/scripted-model/demo-program";
import { CertificateAuthority } from "../support/certificate-authority.ts";
import { docker, testLabel } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { createPublicNetwork } from "../support/public-network.ts";
import { until } from "../support/workspace-http.ts";

const programs = fileURLToPath(new URL("programs", import.meta.url));
const fileHost = "files.test";

/** A network of its own, with a model and a server of one large file, each in a container. */
export class Outside implements AsyncDisposable {
  /** After the workspaces' own by name: Docker publishes the ports of a container on the first of its networks. */
  readonly network = `codex-workspace-outside-${process.pid}`;
  readonly modelUrl = "http://model.test:8080/v1";
  /** As base URL of a model provider too: every path has the file. */
  readonly filesUrl = `https://${fileHost}/v1`;
  readonly host = fileHost;
  /** Whom the server's certificate is of, in PEM. */
  readonly certificate: string;
  readonly #containers: string[] = [];

  private constructor(certificate: string) {
    this.certificate = certificate;
  }

  static async start(fileBytes: number): Promise<Outside> {
    await using authority = await CertificateAuthority.create();
    const { key, cert } = await authority.certificateFor(fileHost);
    const outside = new Outside(authority.certificate);
    // The egress proxy would refuse private addresses.
    await createPublicNetwork(outside.network);
    const model = ["scripted-model.mjs", "--host", "0.0.0.0", "--port", "8080"];
    await outside.#serve("model.test", {}, dirname(demoProgram), model);
    await outside.#serve(fileHost, { TLS_KEY: key, TLS_CERT: cert }, programs, ["files-server.ts", String(fileBytes)]);
    return outside;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker(["rm", "--force", ...this.#containers]);
    await docker(["network", "rm", this.network]);
  }

  async #serve(
    host: string,
    env: Readonly<Record<string, string>>,
    directory: string,
    [program = "", ...args]: readonly string[],
  ): Promise<void> {
    const name = `${this.network}-${host}`;
    this.#containers.push(name);
    await docker([
      ...["run", "--detach", "--init", "--label", testLabel, "--name", name],
      ...["--network", this.network, "--network-alias", host],
      ...Object.entries(env).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
      ...["--volume", `${directory}:/programs:ro`, testImageInputs.nodeImage, "node", `/programs/${program}`, ...args],
    ]);
    await until(async () => (await docker(["logs", name])) !== "", `${host} to listen`);
  }
}
