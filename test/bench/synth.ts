import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Figure } from "./figure.ts";
import { statisticsOf } from "./statistics.ts";

const rounds = 10;
const run = promisify(execFile);
const program = fileURLToPath(new URL("programs/synth.mjs", import.meta.url));

/** The construct's part of a CDKTF program, in a process of its own each time. */
export async function measureSynth(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-bench-"));
  const env = { ...process.env, HOME: directory, KEY: "sk-bench", TOKEN: "token-of-the-bench" };
  const synthMs = async (way: string): Promise<number> => {
    const { stdout } = await run(process.execPath, [program, join(directory, "cdktf.out"), way], { env });
    return Number(stdout);
  };
  try {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await synthMs("with"));
      bare.push(await synthMs("without"));
    }
    return [
      {
        name: "synth of a workspace with CDKTF",
        unit: "ms",
        value: statisticsOf(ours),
        baseline: { name: "the stack without it", value: statisticsOf(bare) },
        budgets: [{ of: "median", most: 100 }],
      },
    ];
  } finally {
    await rm(directory, { recursive: true });
  }
}
