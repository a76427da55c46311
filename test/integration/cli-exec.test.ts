import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createClient } from "@codex-workspace/client";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ended, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
});
afterEach(() => cli[Symbol.asyncDispose]());

const exec = (prompt: string, ...more: readonly string[]): ReturnType<TestCli["run"]> =>
  cli.run(["exec", "-p", prompt, ...more], { cwd: cli.path("app") });
const bringUp = ["--engine", "local", "--port", "0", "--trust-spec"] as const;

test("exec brings the workspace up, prints the answer alone, and takes a running one as it is", async () => {
  const first = await exec("#model: say first", ...bringUp);
  expect(first).toMatchObject({ code: 0, stdout: "first\n" });
  const [{ url } = { url: "" }] = (await cli.json(["list"]))["workspaces"] as { url: string }[];

  const second = await cli.run(["exec", cli.path("app"), "-p", "-", "--json"], { input: "#model: say second\n" });
  expect(JSON.parse(second.stdout)).toMatchObject({
    name: "app",
    prompt: { state: "completed", finalMessage: "second" },
  });
  expect((await cli.json(["list"]))["workspaces"]).toMatchObject([{ name: "app", state: "running", url }]);
});

test("standard output has the final message alone", async () => {
  const prompt = "#model: say I look around.\n#model: run true\n#model: say All **done**.";
  expect(await exec(prompt, ...bringUp)).toMatchObject({ code: 0, stdout: "All **done**.\n" });
});

test("--output-schema reaches the model with this prompt, and no other; what is no schema is refused before anything starts", async () => {
  await using model = await startScriptedModel();
  await writeFile(cli.path("app", "codex-workspace.json"), JSON.stringify({ modelProvider: { baseUrl: model.url } }));
  for (const [text, words] of [
    ["[]", "no JSON object"],
    ["{", "JSON"],
  ] as const) {
    await writeFile(cli.path("bad.json"), text);
    const refused = await exec("list them", ...bringUp, "--output-schema", cli.path("bad.json"));
    expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(words) as string });
  }
  expect(await cli.names()).toEqual([]);

  const schema = {
    type: "object",
    properties: { n: { type: "number" } },
    required: ["n"],
    additionalProperties: false,
  };
  await writeFile(cli.path("schema.json"), JSON.stringify(schema));
  const answered = await exec('#model: say {"n":1}', ...bringUp, "--output-schema", cli.path("schema.json"));
  expect(answered).toMatchObject({ code: 0, stdout: '{"n":1}\n' });
  expect(await exec("#model: say free")).toMatchObject({ code: 0, stdout: "free\n" });
  const formats = model.requests
    .filter(({ purpose }) => purpose === "turn")
    .map(({ body }) => (body as { text?: { format?: { schema?: unknown } } }).text?.format?.schema);
  expect(formats).toEqual([schema, undefined]);
});

test("a workspace of another directory is not taken, though it is the only one", async () => {
  await exec("#model: say hi", ...bringUp);
  await mkdir(cli.path("other"));
  const other = await cli.run(["exec", "-p", "#model: say other", ...bringUp], { cwd: cli.path("other") });
  expect(other).toMatchObject({ code: 0, stdout: "other\n" });
  expect((await cli.names()).sort()).toEqual(["app", "other"]);
});

test("it waits for the initial prompt's turn, and an option brings a running workspace to what it says", async () => {
  await writeFile(cli.path("app", "codex-workspace.toml"), 'initialPrompt = "#model: wait 1s\\n#model: say initial"\n');
  expect(await exec("#model: say after", ...bringUp)).toMatchObject({ code: 0, stdout: "after\n" });

  await writeFile(cli.path("readonly.toml"), 'sandboxMode = "read-only"\n');
  const shaped = await exec("#model: say shaped", ...bringUp, "--spec", cli.path("readonly.toml"));
  expect(shaped).toMatchObject({ code: 0, stdout: "shaped\n", stderr: expect.stringContaining("changed") as string });
});

test("exit code 1 for a turn that failed, 130 for one that was interrupted, 2 for an empty prompt", async () => {
  const failed = await exec("#model: fail 400 bad_thing", ...bringUp);
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(failed.stderr).toMatch(/error: the turn failed: .*bad_thing/);
  expect(failed.stderr).toMatch(/MODEL_REQUEST_REFUSED[^]*→ Correct the setting/);
  const { stdout: shown } = await cli.run(["status"], { cwd: cli.path("app") });
  expect(shown).toMatch(/^last turn +failed MODEL_REQUEST_REFUSED: .*→ Correct the setting/m);
  const sent = await cli.run(["send", "#model: fail 400 bad_thing"], { cwd: cli.path("app") });
  expect(sent.stderr).toMatch(/MODEL_REQUEST_REFUSED: .*\n→ Correct the setting/);
  const fine = await cli.run(["send", "#model: say hello"], { cwd: cli.path("app") });
  expect(fine).toMatchObject({ code: 0, stdout: "hello\n", stderr: "" });
  expect(await exec("  ")).toMatchObject({ code: 2 });

  const { url, token } = (await cli.up([cli.path("app")])) as { url: string; token: string };
  const hanging = ended(cli.start(["exec", "-p", "#model: hang", "--json"], { cwd: cli.path("app") }));
  const client = createClient({ baseUrl: url, token });
  await until(async () => (await client.workspaceStatus()).status === "working", "the turn to run");
  // Esc in the session's terminal, which may have to be started first.
  await until(async () => {
    await client.sendRaw("\u001b");
    return (await client.workspaceStatus()).status === "idle";
  }, "the turn to end");
  const { code, stdout } = await hanging;
  expect(code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "TURN_INTERRUPTED" } });
});

test("--noyolo refuses a spec that never asks, and --full-auto makes one of it that does", async () => {
  await writeFile(cli.path("app", "codex-workspace.toml"), 'approvalPolicy = "never"\n');
  const refused = await exec("#model: say hi", ...bringUp, "--noyolo");
  expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("approval_policy") as string });
  expect(await cli.names()).toEqual([]);

  const asking = await exec("#model: say hi", ...bringUp, "--noyolo", "--full-auto");
  expect(asking).toMatchObject({ code: 0, stdout: "hi\n" });
  const file = await readFile(cli.path("state", "workspaces", "app", "codex-home", "config.toml"), "utf8");
  expect(file).toContain('approval_policy = "on-request"');
  expect(await exec("#model: say hi", ...bringUp, "--noyolo", "--full-auto=false")).toMatchObject({ code: 2 });
});
