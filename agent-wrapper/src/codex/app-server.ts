import { createHash, randomBytes } from "node:crypto";
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

/** Where app-server listens, and what it lets in. Kept over restarts, so that a terminal reconnects by itself. */
export interface AppServerAddress {
  /** 0 until the first start chose one. */
  readonly port: number;
  readonly token: string;
}

/** A new capability token; the port is chosen at the first start. */
export function newAppServerAddress(): AppServerAddress {
  return { port: 0, token: randomBytes(32).toString("base64url") };
}

/** A private `codex app-server` on loopback. */
export interface AppServer {
  readonly url: string;
  readonly port: number;
  /** Settles when the process is gone, with words on how it ended. */
  readonly exited: Promise<string>;
  /** Asks politely, kills what is left after `graceMs`; settles when it is gone. */
  stop(graceMs: number): Promise<void>;
}

const startDeadlineMs = 20_000;

/**
 * Starts app-server; settles when it listens. Throws with its last words when it exits first or stays silent, and when
 * `signal` is aborted meanwhile; nothing runs then.
 */
export async function startAppServer(
  options: AppServerOptions,
  address: AppServerAddress,
  signal: AbortSignal,
): Promise<AppServer> {
  const { program, runAs, env, overrides, onLine } = options;
  const tokenHash = createHash("sha256").update(address.token).digest("hex");
  const codex = [
    // JSON strings, booleans and arrays of strings are TOML too.
    ...Object.entries(overrides).flatMap(([key, value]) => ["-c", `${key}=${JSON.stringify(value)}`]),
    "app-server",
    ...["--listen", `ws://127.0.0.1:${address.port}`],
    ...["--ws-auth", "capability-token", "--ws-token-sha256", tokenHash],
  ];
  const command = { file: program, args: codex, cwd: options.cwd, env };
  const child = spawnAs(runAs, command);
  const lastLines: string[] = [];
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => {
      const how = signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`;
      resolve(lastLines.length === 0 ? how : `${how}: ${lastLines.join(" ")}`);
    });
  });
  const port = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        onLine(line);
        const listening = /listening on: ws:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (listening !== null) resolve(Number(listening[1]));
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
    const listening = await Promise.race([
      port,
      exited.then((how) => Promise.reject(new Error(`app-server ${how}`))),
      silent,
    ]);
    return { url: `ws://127.0.0.1:${listening}`, port: listening, exited, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}
