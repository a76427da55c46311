import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

export async function isOnPath(program: string, env: Environment): Promise<boolean> {
  const directories = (env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  const found = await Promise.all(directories.map((directory) => exists(join(directory, program))));
  return found.includes(true);
}

/** Whether Codex finds the program that makes its sandbox. Other systems than Linux need none. */
export async function hasBubblewrap(env: Environment): Promise<boolean> {
  return process.platform !== "linux" || (await isOnPath("bwrap", env));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
