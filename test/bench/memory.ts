import { readFile } from "node:fs/promises";

/** Memory of a process and of all below it in MB: pages that several share are counted in parts (PSS). */
export async function pssOf(pid: number): Promise<{ readonly own: number; readonly total: number }> {
  const own = await ownPss(pid);
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean);
  const below = await Promise.all(children.map((child) => pssOf(Number(child))));
  return { own, total: below.reduce((sum, { total }) => sum + total, own) };
}

async function ownPss(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kibibytes === undefined) throw new Error(`no Pss of process ${pid}`);
  return (Number(kibibytes) * 1024) / 1e6;
}
