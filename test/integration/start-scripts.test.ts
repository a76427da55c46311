import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Secret, type WorkspaceSpec } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { childrenOf, processesWith } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

const logOf = ({ layout }: TestWorkspace, script: "pre-install" | "post-install"): string =>
  join(layout.state, "logs", `${script}.log`);

/** What the wrapper's log has of a script, line by line. */
const linesOf = ({ log }: TestWorkspace, component: string): unknown[] =>
  log.filter((entry) => entry["component"] === component).map(({ msg }) => msg);

test("the first script runs before our files are there, the second after, both in the project and before Codex", async () => {
  await using workspace = await TestWorkspace.create();
  const see = (name: string): string =>
    `ls $CODEX_HOME > ${name}; pgrep -P $PPID -f app-server >> ${name}; pwd >> ${name}\n`;
  const spec = { preInstallScript: see("before"), postInstallScript: see("after"), systemPrompt: "Be brief." };
  await workspace.start(spec);
  await workspace.ready();
  const seen = (name: string): Promise<string> => readFile(join(workspace.layout.workdir, name), "utf8");
  expect(await seen("before")).toBe(`${workspace.layout.workdir}\n`);
  expect((await seen("after")).split("\n")).toEqual(["AGENTS.md", "config.toml", workspace.layout.workdir, ""]);
  expect(await childrenOf(workspace.pid, "app-server")).toHaveLength(1);
});

test("a script is run by what its first line names, else by /bin/sh; text of any size and kind comes through", async () => {
  await using workspace = await TestWorkspace.start({
    preInstallScript: `#!${process.execPath}\nconsole.log("of Node:", process.argv.length, ${JSON.stringify("ü\u0001".repeat(200_000))}.length)`,
    postInstallScript: `# ${"x".repeat(300_000)}\necho of $0`,
  });
  expect(linesOf(workspace, "preInstallScript")).toEqual(["starts", "of Node: 2 400000", "has ended"]);
  expect(linesOf(workspace, "postInstallScript")).toEqual([
    "starts",
    `of ${join(workspace.directory, "config", "post-install")}`,
    "has ended",
  ]);
});

test("a script has Codex's variables with the secret ones, and not the model's key; no log has a secret", async () => {
  const [key, secret] = ["sk-canary-91c2d4", "first line of it\nsecond line of it"];
  await using workspace = await TestWorkspace.create({ model: { apiKey: key } });
  const seen = join(workspace.directory, "seen");
  await workspace.start({
    modelProvider: { baseUrl: workspace.model.url, apiKey: new Secret(key) },
    env: { GREETING: "hello there", DOCS_TOKEN: new Secret(secret) },
    preInstallScript: `env > ${seen}; env`,
  });
  await workspace.ready();
  const variables = await readFile(seen, "utf8");
  expect(variables).toContain("GREETING=hello there\n");
  expect(variables).toContain(`DOCS_TOKEN=${secret}\n`);
  expect(variables).toContain(`CODEX_HOME=${workspace.layout.codexHome}\n`);
  expect(variables).not.toContain(key);
  const kept = await readFile(logOf(workspace, "pre-install"), "utf8");
  expect(kept).toContain("DOCS_TOKEN=[secret]\n[secret]\n");
  for (const text of [kept, JSON.stringify(workspace.log)]) {
    expect(text).toContain("GREETING=hello there");
    expect(text).not.toContain("line of it");
  }
});

test("the log of a script is its owner's, is replaced at each start, and goes with the script", async () => {
  await using workspace = await TestWorkspace.start({ preInstallScript: "echo first; echo to the other stream >&2" });
  const file = logOf(workspace, "pre-install");
  expect((await readFile(file, "utf8")).split("\n").sort()).toEqual(["", "first", "to the other stream"]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await workspace.stop();
  await workspace.start({ preInstallScript: "echo second" });
  await workspace.ready();
  expect(await readFile(file, "utf8")).toBe("second\n");
  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(existsSync(file)).toBe(false);
});

test("of a script that says much, a part is kept, and that it was more", async () => {
  const preInstallScript = "head -c 20000 /dev/zero | tr '\\0' x; echo; yes 0123456789 | head -n 200000";
  await using workspace = await TestWorkspace.start({ preInstallScript });
  const lines = (await readFile(logOf(workspace, "pre-install"), "utf8")).trim().split("\n");
  expect(lines[0]).toBe("[a line of more than 16384 characters]");
  expect(lines[1]).toBe("0123456789");
  expect(lines.at(-1)).toMatch(/^\[it said more than 1048576 bytes/);
  expect(lines.length).toBeLessThan(100_000);
  const said = (): unknown[] => linesOf(workspace, "preInstallScript");
  await until(() => said().at(-1) === "has ended", "the test to have read the log");
  expect(said()).toHaveLength(lines.length + 2);
});

test("while a script runs, the workspace is starting, and says which one", async () => {
  await using workspace = await TestWorkspace.create();
  const gate = join(workspace.directory, "gate");
  await workspace.start({ postInstallScript: `until [ -e ${gate} ]; do sleep 0.05; done` });
  const readiness = async (): Promise<unknown> => (await workspace.get("/readyz", {}).catch(() => undefined))?.body;
  await until(async () => JSON.stringify((await readiness()) ?? "").includes("postInstallScript"), "the script to run");
  expect(await readiness()).toEqual({ ready: false, state: "starting", reason: "postInstallScript is running" });
  expect((await workspace.prompt("too early")).status).toBe(503);
  await writeFile(gate, "");
  await workspace.ready();
});

test.each<[string, WorkspaceSpec, RegExp]>([
  [
    "exits with another code than 0",
    { preInstallScript: "echo one; echo two >&2; exit 3" },
    /^preInstallScript exited with code 3\. /,
  ],
  ["is killed", { postInstallScript: "kill -9 $$" }, /^postInstallScript was ended by SIGKILL\. /],
  [
    "names a program that is not there",
    { preInstallScript: "#!/nowhere/sh\n" },
    /^preInstallScript exited with code 127\. /,
  ],
])("a script that %s keeps Codex from being started, and is told as the reason", async (_, spec, expected) => {
  await using workspace = await TestWorkspace.create();
  await workspace.start(spec);
  expect(await workspace.failed()).toMatch(expected);
  expect((await workspace.status())["status"]).toBe("error");
  expect((await workspace.prompt("run anyway")).status).toBe(503);
  expect(workspace.model.requests).toEqual([]);

  await workspace.stop();
  await workspace.start({ ...spec, preInstallScript: "true", postInstallScript: "true" });
  await workspace.ready();
});

test("the reason has nothing of what a script said, the log has; what a failed script left running has ended", async () => {
  await using workspace = await TestWorkspace.create();
  const left = `sleep ${uniqueSeconds()}`;
  await workspace.start({
    env: { TOKEN: new Secret("canary-5511") },
    preInstallScript: `${left} & echo "token $TOKEN"; exit 1`,
  });
  expect(await workspace.failed()).not.toContain("token");
  expect(linesOf(workspace, "preInstallScript")).toContain("token [secret]");
  expect(await processesWith(left)).toEqual([]);
});

test("a stop in the middle of a script ends it and what it started, also what ignores SIGTERM", async () => {
  await using workspace = await TestWorkspace.create();
  const started = `sleep ${uniqueSeconds()}`;
  await workspace.start({ preInstallScript: `trap "" TERM\n${started} &\n${started}` });
  await until(async () => (await processesWith(started)).length === 2, "the script to run");
  const { code, ms } = await workspace.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(8_000);
  expect(await processesWith(started)).toEqual([]);
  expect(await processesWith(workspace.directory)).toEqual([]);
  expect(existsSync(join(workspace.layout.codexHome, "config.toml"))).toBe(false);
});

test("what a script leaves running stays, is heard, and ends with the workspace", async () => {
  await using workspace = await TestWorkspace.create();
  const pause = `sleep 0.${uniqueSeconds()}`;
  await workspace.start({ postInstallScript: `while :; do echo tick; ${pause}; done &` });
  await workspace.ready();
  const heard = linesOf(workspace, "postInstallScript").length;
  await until(() => linesOf(workspace, "postInstallScript").length > heard + 2, "the service to go on");
  await workspace.stop();
  expect(await processesWith(join(workspace.directory, "config", "post-install"))).toEqual([]);
  expect(await processesWith(pause)).toEqual([]);
});

/** A number that no other process has on its command line. */
function uniqueSeconds(): string {
  return `1${String(Math.random()).slice(2, 11)}`;
}
