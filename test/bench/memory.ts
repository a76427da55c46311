import { readFile } from "node:fs/promises";

/** Memory of a process in MB, and of all below it: what several of them share is counted for each (RSS). */
export async function memoryOf(pid: number): Promise<{ readonly own: number; readonly below: number }> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean);
  const each = await Promise.all(children.map((child) => memoryOf(Number(child))));
  return { own: await residentOf(pid), below: each.reduce((sum, { own, below }) => sum + own + below, 0) };
}

async function residentOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) throw new Error(`no VmRSS of process ${pid}`);
  return (Number(kibibytes) * 1024) / 1e6;
}
