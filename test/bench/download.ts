import { readFile } from "node:fs/promises";
import { containerPaths } from "@codex-workspace/core";
import { docker } from "../support/docker.ts";

const program = await readFile(new URL("programs/download.mjs", import.meta.url), "utf8");

/** Milliseconds that each of some downloads takes, by a program in a workspace's container, on one connection. */
export async function download(container: string, url: string): Promise<readonly number[]> {
  const node = [containerPaths.nodeProgram, "--input-type=module", "-", url];
  return JSON.parse(await docker(["exec", "--interactive", container, ...node], program)) as number[];
}
