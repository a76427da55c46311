import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive } from "../../process-identity.ts";
import type { ProcessRecord } from "../../state.ts";

export interface DetachedProcess {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and error are appended to it. */
  readonly logFile: string;
}

/** Starts a process that outlives this one, in a session of its own. */
export async function startDetached({ program, args, cwd, env, logFile }: DetachedProcess): Promise<ProcessRecord> {
  const log = await open(logFile, "a", 0o600);
  try {
    const child = spawn(program, args, { cwd, env: { ...env }, detached: true, stdio: ["ignore", log.fd, log.fd] });
    await once(child, "spawn");
    child.unref();
    const recorded = child.pid === undefined ? undefined : await identify(child.pid);
    if (recorded === undefined) throw new Error(`${program} ended at once; ${logFile} says why`);
    return recorded;
  } finally {
    await log.close();
  }
}

const pollMs = 25;

/** Asks a process to end, kills it after `graceMs`; settles when it is gone. Nothing happens to another with its pid. */
export async function stopProcess(recorded: ProcessRecord, graceMs: number): Promise<void> {
  await signalProcess(recorded, "SIGTERM");
  const end = performance.now() + graceMs;
  while (await isAlive(recorded)) {
    if (performance.now() > end) await signalProcess(recorded, "SIGKILL");
    await delay(pollMs);
  }
}

/**
 * Kills what still runs with one of these values of CODEX_HOME: Codex's processes when their wrapper could not end them
 * itself. Where the system does not tell environments (not Linux), nothing is found.
 */
export async function killByCodexHome(codexHomes: readonly string[]): Promise<void> {
  if (process.platform !== "linux") return;
  const wanted = codexHomes.map((home) => `CODEX_HOME=${home}`);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids) {
    // Most are others', or gone by now.
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").some((entry) => wanted.includes(entry))) continue;
    const recorded = await identify(pid);
    if (recorded !== undefined) await stopProcess(recorded, 0);
  }
}

async function signalProcess(recorded: ProcessRecord, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(recorded))) return;
  try {
    process.kill(recorded.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
