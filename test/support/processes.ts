import { execFile } from "node:child_process";
import { promisify } from "node:util";

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

/** Every process whose command line has `word`. */
export async function processesWith(word: string): Promise<Process[]> {
  return (await allProcesses()).filter(({ args }) => args.includes(word));
}

/** Every process below `ancestor` whose command line has `word`. */
export async function childrenOf(ancestor: number, word: string): Promise<number[]> {
  const processes = await allProcesses();
  const below = (parent: number): typeof processes =>
    processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(ancestor)
    .filter(({ args }) => args.includes(word))
    .map(({ pid }) => pid);
}

async function allProcesses(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid=,args="]);
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args: args ?? "" }];
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What has ended by itself meanwhile is fine. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
