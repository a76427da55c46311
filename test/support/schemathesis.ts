import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const version = "4.32.5";
const cache = fileURLToPath(new URL("../../.cache", import.meta.url));

/** schemathesis, which tests an API by its OpenAPI document: from PyPI, once for each checkout. */
export interface Schemathesis {
  /** Why it cannot be had here; empty where it can. */
  readonly without: string;
  readonly program: string;
}

export async function findSchemathesis(): Promise<Schemathesis> {
  const directory = join(cache, `schemathesis-${version}`);
  const program = join(directory, "bin", "python");
  if (existsSync(program)) return { program, without: "" };
  try {
    await install(directory);
    return { program, without: "" };
  } catch (error) {
    const why = ((error as { stderr?: string }).stderr ?? String(error)).trim().split("\n").at(-1) ?? "";
    return { program, without: `SKIPPED: schemathesis cannot be installed: ${why}` };
  }
}

/** Whole or not at all. Its programs are started as modules: the paths in them are those of where it was made. */
async function install(directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const unfinished = await mkdtemp(`${directory}-`);
  try {
    await run("python3", ["-m", "venv", unfinished]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"];
    await run(join(unfinished, "bin", "python"), [...pip, `schemathesis==${version}`], { timeout: 180_000 });
    await rename(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}
