import type { ChildProcess } from "node:child_process";

/**
 * Ends a process that leads a process group of its own (`detached`), and what it started: asks politely, kills what is
 * left after `graceMs`.
 */
export async function stopGroup(child: ChildProcess, exited: Promise<unknown>, graceMs: number): Promise<void> {
  if (child.pid === undefined) return;
  const gone = exited.then(() => undefined);
  signalGroup(child.pid, "SIGTERM");
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, graceMs).unref())]);
  signalGroup(child.pid, "SIGKILL");
  await gone;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
