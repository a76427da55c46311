import { mkdir, writeFile } from "node:fs/promises";
import type { WorkspaceSpec } from "@codex-workspace/core";
import type { TestCli } from "./cli.ts";
import { runDocker } from "./docker.ts";
import { testImageBuild } from "./image.ts";
import { WorkspaceHttp } from "./workspace-http.ts";

/** Brings a workspace up as a user does; the demo model answers. */
export async function up(
  cli: TestCli,
  name: string,
  spec: WorkspaceSpec = {},
  env: Readonly<Record<string, string>> = {},
): Promise<WorkspaceHttp> {
  await mkdir(cli.path(name), { recursive: true });
  const file = cli.path(`${name}.json`);
  await writeFile(file, JSON.stringify({ image: { build: testImageBuild }, ...spec }));
  const { url, token } = await cli.up([name, "--spec", file, "--name", name], { env });
  return new WorkspaceHttp(String(url), String(token));
}

/** What a shell in a workspace says, as a user of the container. */
export async function shell(name: string, user: string, script: string): Promise<string> {
  const { stdout, stderr } = await runDocker(["exec", "--user", user, `codex-workspace-${name}`, "sh", "-c", script]);
  return `${stdout}\n${stderr}`.trim();
}

/** The first process of a workspace whose command line has `word`. */
export async function pidOf(name: string, word: string): Promise<number> {
  const script = `for p in /proc/[0-9]*; do echo "$p $(tr "\\0" " " < $p/cmdline)"; done`;
  const lines = (await shell(name, "0", script)).split("\n");
  const found = lines.find((line) => line.includes(word) && !line.includes("docker-init") && !line.includes("sh -c"));
  const pid = /^\/proc\/(\d+) /.exec(found ?? "")?.[1];
  if (pid === undefined) throw new Error(`no process of ${name} is called ${word}`);
  return Number(pid);
}
