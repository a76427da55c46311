import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  gatewayPaths,
  gatewaySockets,
  parseTraceEntry,
  type RenderedFile,
  type TraceEntry,
} from "@codex-workspace/core";
import { docker, type DockerRun, runDocker, testLabel } from "./docker.ts";
import { testGatewayImage, testImage, testImageInputs } from "./image.ts";
import { createPublicNetwork } from "./public-network.ts";
import { until } from "./workspace-http.ts";

type Network = "outside" | "private" | "beyond";

export type GatewayRole = "model-gateway" | "egress-proxy";

const users = { "model-gateway": "9002:9002", "egress-proxy": "9003:9003" } as const;
const programs = fileURLToPath(new URL("programs", import.meta.url));

/** Where a client finds the gateways, on loopback. */
export const relayPorts = { model: 8080, proxy: 3128 } as const;

/** What `ask.mjs` prints. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly bytes?: number;
  /** When each part came, in milliseconds after the request. */
  readonly chunks?: readonly number[];
  readonly error?: string;
  readonly ms: number;
}

/** What `sink.mjs` prints of a request, or of its end before its answer's. */
export interface Arrival {
  readonly arrived?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly aborted?: string;
  readonly afterMs?: number;
}

/** Containers as a workspace has them, with servers outside on networks of their own; all of it is removed at the end. */
export class TestGateways implements AsyncDisposable {
  readonly image: string;
  readonly #clientImage: string;
  readonly #prefix = `codex-workspace-test-gateways-${process.pid}`;
  readonly #containers = new Set<string>();
  readonly #networks: string[] = [];
  readonly #directories: string[] = [];
  readonly #directoryOfRole = new Map<GatewayRole, string>();

  private constructor(image: string, clientImage: string) {
    this.image = image;
    this.#clientImage = clientImage;
  }

  static async create(): Promise<TestGateways> {
    const gateways = new TestGateways(await testGatewayImage(), await testImage());
    await docker(["volume", "create", "--label", testLabel, gateways.#prefix]);
    await createPublicNetwork(gateways.#name("outside"));
    gateways.#networks.push(gateways.#name("outside"));
    await gateways.#network("private", []);
    await gateways.#network("beyond", ["--internal"]);
    return gateways;
  }

  /** A server that outside, on a private network, or beyond a company's proxy, answers to these names. */
  startSink(network: Network, names: readonly string[], env: Record<string, string> = {}): Promise<string> {
    return this.#startServer(network, names, env, [testImageInputs.nodeImage, "/programs/sink.mjs"]);
  }

  /** What GitHub is, outside, under this name; see `git-server.mjs`. */
  startGitServer(name: string, env: { REPOSITORIES: string; TOKEN: string; DEFAULT_BRANCH?: string }): Promise<string> {
    return this.#startServer("outside", [name], env, [this.#clientImage, "/programs/git-server.mjs"]);
  }

  /**
   * A company's proxy, by this name outside: the only one that reaches what is beyond, for these users and their passwords. It logs
   * a line for each request: `USER METHOD WHAT STATUS`.
   */
  async startParent(name: string, users: Readonly<Record<string, string>>): Promise<string> {
    const hashed = Object.entries(users).map(
      ([user, password]) => `${user}:${execFileSync("openssl", ["passwd", "-apr1", password], { encoding: "utf8" })}`,
    );
    const directory = await this.#newDirectory();
    await writeFile(join(directory, "passwords"), hashed.join(""));
    await writeFile(join(directory, "squid.conf"), parentConf);
    const container = `${this.#prefix}-${name}`;
    await this.#run(container, [
      ...["--network", this.#name("outside"), "--network-alias", name, "--user", "proxy", "--no-healthcheck"],
      ...["--volume", `${directory}:/etc/parent:ro`, this.image, "squid", "-N", "-f", "/etc/parent/squid.conf"],
    ]);
    await docker(["network", "connect", this.#name("beyond"), container]);
    const listens = ["exec", container, "sh", "-c", "socat -u OPEN:/dev/null TCP:127.0.0.1:3128"];
    await until(async () => (await runDocker(listens)).exitCode === 0, `${container} to listen`);
    return container;
  }

  async addressOf(container: string): Promise<string> {
    return docker(["inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container]);
  }

  /** What a sink printed: requests for which `which` is part of the path. */
  async arrivals(sink: string, which: string): Promise<Arrival[]> {
    const lines = (await docker(["logs", sink])).split("\n").filter((line) => line.startsWith("{"));
    const all = lines.map((line) => JSON.parse(line) as Arrival);
    return which === "all" ? all : all.filter(({ arrived, aborted }) => (arrived ?? aborted)?.includes(which));
  }

  /** What a gateway's program itself says of its files; it fails where it takes them not. */
  async check(role: GatewayRole, files: readonly RenderedFile[]): Promise<DockerRun> {
    const directory = await this.#directoryOf(role);
    await this.write(role, files);
    const check = {
      "model-gateway": [
        'cp /etc/ssl/certs/ca-certificates.crt "$CA_BUNDLE"',
        `echo 'map "" $model_key { default ""; }' >"$MODEL_KEY_CONF"`,
        'nginx -t -c "$CONFIG/nginx.conf"',
        'nginx -t -c "$CONFIG/published.conf"',
      ].join(" && "),
      "egress-proxy": 'squid -k parse -f "$CONFIG/squid.conf"',
    }[role];
    const once = ["run", "--rm", "--label", testLabel, "--network", "none", "--user", users[role]];
    return runDocker([...once, "--volume", `${directory}:${gatewayPaths.config}:ro`, this.image, "sh", "-c", check]);
  }

  /** Starts a gateway as hardened as it will be, and waits until it is healthy. Returns how long that took, in milliseconds. */
  async start(role: GatewayRole, files: readonly RenderedFile[]): Promise<number> {
    const directory = await this.#directoryOf(role);
    await this.write(role, files);
    const name = this.container(role);
    await this.#run(name, [
      ...["--network", this.#name("outside"), "--user", users[role], "--read-only", "--tmpfs", "/tmp", "--init"],
      ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", "256"],
      ...["--volume", `${directory}:${gatewayPaths.config}:ro`, "--volume", `${this.#prefix}:${gatewayPaths.sockets}`],
      ...[this.image, role],
    ]);
    const began = Date.now();
    // The proxy meets the private network too, so that only its own rules keep a workspace from it.
    if (role === "egress-proxy") await docker(["network", "connect", this.#name("private"), name]);
    await until(async () => await this.#isHealthy(name), `${name} to be healthy; it says ${await this.logs(role)}`);
    return Date.now() - began;
  }

  /** Writes the files of a gateway, over those it has. */
  async write(role: GatewayRole, files: readonly RenderedFile[]): Promise<void> {
    const directory = await this.#directoryOf(role);
    for (const { path, content, mode } of files) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await rm(file, { force: true });
      await writeFile(file, typeof content === "string" ? content : content.reveal(), { mode });
    }
  }

  /** A client without any network, and beside it the relays that lead to the gateways from its loopback. */
  async startClient(): Promise<void> {
    const relay = (port: number, socket: string) =>
      `socat -b 65536 TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,nodelay UNIX-CONNECT:${socket}`;
    const relays = `${relay(relayPorts.model, gatewaySockets.modelGateway)} & exec ${relay(relayPorts.proxy, gatewaySockets.egressProxy)}`;
    const volume = ["--volume", `${this.#prefix}:${gatewayPaths.sockets}`];
    const shell = [this.image, "sh", "-c", relays];
    await this.#run(`${this.#prefix}-relay`, ["--network", "none", "--init", ...volume, ...shell]);
    await this.#run(`${this.#prefix}-client`, [
      ...["--network", `container:${this.#prefix}-relay`, "--init", "--volume", `${programs}:/programs:ro`],
      ...["--no-healthcheck", "--entrypoint", "sleep", this.#clientImage, "infinity"],
    ]);
    await until(
      async () => (await this.ask({ url: `http://127.0.0.1:${relayPorts.model}/healthz` })).status === 204,
      "relays",
    );
  }

  /** A request of the client's; see `ask.mjs`. */
  async ask(request: object): Promise<Answer> {
    return JSON.parse(await this.shell(["node", "/programs/ask.mjs", JSON.stringify(request)])) as Answer;
  }

  /** What a command of the client's prints, where it must not fail. */
  shell(command: readonly string[]): Promise<string> {
    return docker(["exec", `${this.#prefix}-client`, ...command]);
  }

  /** A command of the client's, whatever it exits with. */
  run(command: readonly string[]): Promise<DockerRun> {
    return runDocker(["exec", `${this.#prefix}-client`, ...command]);
  }

  /** Starts something at the workspace's side of the sockets, and a program in the client. */
  async inWorkspace(relay: string, program: string): Promise<void> {
    await docker(["exec", "--detach", `${this.#prefix}-relay`, "sh", "-c", `${relay} wait`]);
    await docker(["exec", "--detach", `${this.#prefix}-client`, "sh", "-c", program]);
  }

  async logs(role: GatewayRole): Promise<string> {
    const { stdout, stderr } = await runDocker(["logs", this.container(role)]);
    return `${stdout}\n${stderr}`;
  }

  /** What a gateway logged of requests to a host. */
  async trace(role: GatewayRole, host: string): Promise<TraceEntry[]> {
    const entries = (await this.logs(role)).split("\n").flatMap((line) => parseTraceEntry(line) ?? []);
    return entries.filter((entry) => entry.host === host);
  }

  container(role: GatewayRole): string {
    return `${this.#prefix}-${role}`;
  }

  async stop(role: GatewayRole): Promise<void> {
    await docker(["rm", "--force", this.container(role)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker(["rm", "--force", "--volumes", ...this.#containers]);
    for (const network of this.#networks) await docker(["network", "rm", network]);
    await docker(["volume", "rm", this.#prefix]);
    for (const directory of this.#directories) await rm(directory, { recursive: true });
  }

  /** Where a gateway's files are on this machine; its user may read them. */
  async #directoryOf(role: GatewayRole): Promise<string> {
    const known = this.#directoryOfRole.get(role);
    if (known !== undefined) return known;
    const directory = await this.#newDirectory();
    this.#directoryOfRole.set(role, directory);
    return directory;
  }

  /** Other users may read it. */
  async #newDirectory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "codex-workspace-gateway-"));
    this.#directories.push(directory);
    await chmod(directory, 0o755);
    return directory;
  }

  async #startServer(
    network: Network,
    names: readonly string[],
    env: Readonly<Record<string, string>>,
    program: readonly string[],
  ): Promise<string> {
    const name = `${this.#prefix}-server-${this.#containers.size}`;
    await this.#run(name, [
      ...["--network", this.#name(network), ...names.flatMap((alias) => ["--network-alias", alias])],
      ...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...["--no-healthcheck", "--volume", `${programs}:/programs:ro`, "--entrypoint", "node", ...program],
    ]);
    await until(async () => (await this.arrivals(name, "all")).length > 0, `${name} to listen`);
    return name;
  }

  #name(network: string): string {
    return `${this.#prefix}-${network}`;
  }

  async #network(name: string, options: readonly string[]): Promise<void> {
    await docker(["network", "create", "--label", testLabel, ...options, this.#name(name)]);
    this.#networks.push(this.#name(name));
  }

  async #run(name: string, args: readonly string[]): Promise<void> {
    this.#containers.add(name);
    await docker(["run", "--detach", "--label", testLabel, "--name", name, ...args]);
  }

  /** As its health check sees it, but at once. */
  async #isHealthy(container: string): Promise<boolean> {
    return (await runDocker(["exec", container, "healthcheck"])).exitCode === 0;
  }
}

const parentConf = `http_port 3128
visible_hostname parent
pid_filename none
cache deny all
cache_log stdio:/dev/stderr
logformat seen %un %rm %ru %>Hs
access_log stdio:/dev/stdout logformat=seen
auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/parent/passwords
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
shutdown_lifetime 1 seconds
`;
