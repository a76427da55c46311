import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Figure } from "./figure.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const again = 5;
const run = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** `scripts/up` in a checkout that is set up, without Docker and without a key, until its prompt is answered. */
export async function measureUp(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-bench-"));
  const [home, state] = [join(directory, "home"), join(directory, "state")];
  await mkdir(home);
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    CODEX_WORKSPACE_STATE: state,
  };
  const up = (): Promise<number> =>
    timeMs(() => run(join(checkout, "scripts/up"), ["--engine", "local", "--port", "0"], { env }));
  try {
    const firstSeconds = (await up()) / 1000;
    const seconds: number[] = [];
    for (let round = 0; round < again; round++) seconds.push((await up()) / 1000);
    return [
      { name: "scripts/up, packages there, no workspace yet", unit: "s", value: statisticsOf([firstSeconds]) },
      { name: "scripts/up again", unit: "s", value: statisticsOf(seconds), budgets: [{ of: "median", most: 5 }] },
    ];
  } finally {
    // Where `up` failed there may be nothing to end, and its own error is the one to report.
    await run("codex-workspace", ["down", "--volumes"], { env }).catch((error: unknown) => {
      process.stderr.write(`nothing was ended: ${String(error)}\n`);
    });
    await rm(directory, { recursive: true, force: true });
  }
}
