import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Packs the packages in these folders as a release does. Returns the path of each archive, by the name of its package. */
export async function packPackages(folders: readonly string[], destination: string): Promise<Map<string, string>> {
  const workspaces = folders.flatMap((folder) => ["--workspace", folder]);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", destination, ...workspaces], {
    cwd: repository,
    maxBuffer: 16 * 1024 * 1024,
  });
  const packed = JSON.parse(stdout) as readonly { readonly name: string; readonly filename: string }[];
  return new Map(packed.map(({ name, filename }) => [name, join(destination, filename)]));
}

/** Installs packages into a directory, as a user's `npm install` does. */
export async function npmInstall(directory: string, packages: readonly string[]): Promise<void> {
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefix", directory, ...packages], { cwd: directory });
}
