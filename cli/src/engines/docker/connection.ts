import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";
import Docker from "dockerode";

export interface ConnectionSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string | undefined;
}

/**
 * A client of the engine that the docker CLI would talk to: DOCKER_HOST, else DOCKER_CONTEXT or the current context,
 * else the default socket. Nothing is sent yet.
 *
 * @throws WorkspaceError `ENGINE_UNAVAILABLE` when the context cannot be read
 */
export async function connectDocker({ env, home }: ConnectionSources): Promise<Docker> {
  // dockerode reads DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH itself, and knows the default sockets.
  if ((env["DOCKER_HOST"] ?? "") !== "") return new Docker();
  const directory = configDirectory({ env, home });
  const context = env["DOCKER_CONTEXT"] ?? (await currentContext(directory)) ?? "";
  if (context !== "" && context !== "default") return new Docker(await contextOptions(directory, context));
  const [socketPath] = defaultSockets(home).filter((socket) => existsSync(socket));
  return new Docker({ socketPath: socketPath ?? systemSocket });
}

/**
 * Returns what names a Docker: a variable, a context, or a socket that exists. Nothing where this machine has none of them.
 * Whether that Docker answers is another question.
 */
export async function dockerEndpoint({ env, home }: ConnectionSources): Promise<string | undefined> {
  for (const variable of ["DOCKER_HOST", "DOCKER_CONTEXT"]) {
    const value = env[variable] ?? "";
    if (value !== "" && value !== "default") return variable;
  }
  const context = env["DOCKER_CONTEXT"] ?? (await currentContext(configDirectory({ env, home }))) ?? "";
  if (context !== "" && context !== "default") return `the Docker context "${context}"`;
  return defaultSockets(home).find((socket) => existsSync(socket));
}

const systemSocket = process.platform === "win32" ? "//./pipe/docker_engine" : "/var/run/docker.sock";

/** Where Docker listens by default: Docker Desktop for its user, Docker Engine for all users. */
function defaultSockets(home: string | undefined): string[] {
  if (process.platform === "win32" || home === undefined) return [systemSocket];
  return [join(home, ".docker", "run", "docker.sock"), systemSocket];
}

function configDirectory({ env, home = "/" }: ConnectionSources): string {
  return env["DOCKER_CONFIG"] ?? join(home, ".docker");
}

async function currentContext(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, "config.json"), "utf8").catch(() => "{}");
  return (JSON.parse(text) as { currentContext?: string }).currentContext;
}

/** Contexts are stored by the SHA-256 of their name. */
async function contextOptions(directory: string, name: string): Promise<Docker.DockerOptions> {
  const id = createHash("sha256").update(name).digest("hex");
  try {
    const text = await readFile(join(directory, "contexts", "meta", id, "meta.json"), "utf8");
    const { Endpoints } = JSON.parse(text) as { Endpoints: { docker: { Host: string } } };
    return toOptions(Endpoints.docker.Host, await readTls(join(directory, "contexts", "tls", id, "docker")));
  } catch (cause) {
    throw new WorkspaceError(`the Docker context "${name}" cannot be used: ${(cause as Error).message}`, {
      code: "ENGINE_UNAVAILABLE",
      remedy: "Choose another one (`docker context ls`, DOCKER_CONTEXT or DOCKER_HOST), or add --engine local.",
      cause,
    });
  }
}

type Tls = Partial<Record<"ca" | "cert" | "key", Buffer>>;

async function readTls(directory: string): Promise<Tls> {
  const names = ["ca", "cert", "key"] as const;
  const files = await Promise.all(names.map((name) => readFile(join(directory, `${name}.pem`)).catch(() => undefined)));
  return Object.fromEntries(names.flatMap((name, index) => (files[index] === undefined ? [] : [[name, files[index]]])));
}

function toOptions(host: string, tls: Tls): Docker.DockerOptions {
  const { protocol, hostname, port, pathname, username } = new URL(host);
  switch (protocol) {
    case "unix:":
    case "npipe:":
      return { socketPath: pathname };
    case "ssh:":
      return { protocol: "ssh", host: hostname, port: port === "" ? 22 : Number(port), username };
    default:
      return { protocol: "cert" in tls ? "https" : "http", host: hostname, port: Number(port), ...tls };
  }
}
