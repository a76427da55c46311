import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ProcessRecord } from "./state.ts";

/** A process by pid and by when it began, or nothing when it has ended (a zombie has). */
export async function identify(pid: number): Promise<ProcessRecord | undefined> {
  const began = process.platform === "linux" ? await beganByProc(pid) : await beganByPs(pid);
  return began === undefined ? undefined : { pid, began };
}

/** Whether that very process runs still: not another one with its pid. */
export async function isAlive(recorded: ProcessRecord): Promise<boolean> {
  return (await identify(recorded.pid))?.began === recorded.began;
}

async function beganByProc(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // After the command, which is in brackets and may hold anything: state is field 3, starttime is field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, began] = [fields[0], fields[19]];
    return state === "Z" || began === undefined ? undefined : `${boot.trim()}/${began}`;
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

async function beganByPs(pid: number): Promise<string | undefined> {
  const ps = promisify(execFile)("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { env: { LC_ALL: "C" } });
  // Its exit code says only that there is no such process.
  const { stdout } = await ps.catch(() => ({ stdout: "" }));
  const [, state, began] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? [];
  return began === undefined || state?.startsWith("Z") === true ? undefined : began;
}
