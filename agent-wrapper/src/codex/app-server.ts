import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createInterface } from "node:readline";
import { stopGroup } from "./process-group.ts";
import type { RunAs } from "./run-as.ts";
import { spawnAs } from "./spawn-as.ts";

export interface AppServerOptions {
  /** Codex's native binary. */
  readonly program: string;
  readonly runAs: RunAs;
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Keys of config.toml as `-c` flags. */
  readonly overrides: Readonly<Record<string, string | boolean | readonly string[]>>;
  /** A line that Codex wrote to its standard output or error. */
  readonly onLine: (line: string) => void;
}

/** Where an app-server listens, and what it lets in: of that process alone. */
export interface AppServerAddress {
  readonly url: string;
  readonly token: string;
}

/** A private `codex app-server` on loopback. */
export interface AppServer {
  readonly address: AppServerAddress;
  /** Settles when the process is gone, with words on how it ended. */
  readonly exited: Promise<string>;
  /** Asks politely, kills what is left after `graceMs`; settles when it is gone. */
  stop(graceMs: number): Promise<void>;
}

const startDeadlineMs = 20_000;

/**
 * Starts app-server; settles when it listens. Throws with its last words when it exits first or stays silent, and when
 * `signal` is aborted meanwhile; nothing runs then.
 *
 * The port and the capability token are new at each start. A command of the agent outside the sandbox may end app-server and
 * take its port; a token that is sent there opens nothing, because the only process that knew the token has ended. So the
 * port is not read from what app-server prints: its warnings quote files that the agent writes.
 */
export async function startAppServer(options: AppServerOptions, signal: AbortSignal): Promise<AppServer> {
  const { program, runAs, env, overrides, onLine } = options;
  const token = randomBytes(32).toString("base64url");
  const tokenHash = createHash("sha256").update(token).digest("hex");
  const url = `ws://127.0.0.1:${await freePort()}`;
  const codex = [
    // JSON strings, booleans and arrays of strings are TOML too.
    ...Object.entries(overrides).flatMap(([key, value]) => ["-c", `${key}=${JSON.stringify(value)}`]),
    "app-server",
    ...["--listen", url],
    ...["--ws-auth", "capability-token", "--ws-token-sha256", tokenHash],
  ];
  const command = { file: program, args: codex, cwd: options.cwd, env };
  const child = spawnAs(runAs, command);
  const lastLines: string[] = [];
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      const how = signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`;
      resolve(lastLines.length === 0 ? how : `${how}: ${lastLines.join(" ")}`);
    });
  });
  const listens = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        onLine(line);
        // The whole line: a warning that quotes these words has others around them.
        if (line === `  listening on: ${url}`) resolve();
        if (lastLines.push(line.trim()) > 5) lastLines.shift();
      });
    }
  });
  const stop = (graceMs: number): Promise<void> => stopGroup(child, exited, graceMs);
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(startDeadlineMs)]);
  const silent = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () =>
      reject(new Error(`app-server did not listen within ${startDeadlineMs / 1000} s`)),
    );
  });
  try {
    await Promise.race([listens, exited.then((how) => Promise.reject(new Error(`app-server ${how}`))), silent]);
    return { address: { url, token }, exited, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
