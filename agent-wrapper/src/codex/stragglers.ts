import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const rounds = 20;
const pauseMs = 25;

/**
 * Ends every process that was started with this environment variable, as far as ours may see it. When Codex ends a command
 * that it is just starting, the command's sandbox can outlive it (seen with 0.140 and 0.169); a container's end takes that
 * along, a machine's user would keep it. Does nothing where there is no /proc.
 */
export async function endStragglers(name: string, value: string): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const left = await startedWith(`${name}=${value}`);
    if (left.length === 0) return;
    for (const pid of left) endNow(pid);
    // What was just being forked is seen in the next round.
    await delay(pauseMs);
  }
}

async function startedWith(assignment: string): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // What another user runs cannot be read, nor what has just ended.
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      return environment.split("\0").includes(assignment);
    }),
  );
  return pids.filter((_, index) => found[index]);
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
