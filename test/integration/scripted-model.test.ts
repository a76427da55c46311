import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { execCommand, startScriptedModel, type ScriptedModelOptions } from "@codex-workspace/scripted-model";
import { demoProgram } from "@codex-workspace/scripted-model/demo-program";
import { describe, expect, it } from "vitest";
import { codexBinary, createCodexFolders } from "../support/codex.ts";

interface CodexRun {
  readonly exitCode: number;
  readonly stderr: string;
  readonly events: readonly { readonly type: string; readonly [field: string]: unknown }[];
  /** The items that were completed, without their ids. */
  readonly items: readonly Record<string, unknown>[];
}

/** Runs one prompt with the real `codex exec --json`. */
async function codexExec(
  folders: { readonly project: string; readonly env: Readonly<Record<string, string>> },
  prompt: string,
  options: readonly string[] = [],
): Promise<CodexRun> {
  const args = ["exec", "--json", "--skip-git-repo-check", "--sandbox", "workspace-write", ...options, prompt];
  const codex = execFile(codexBinary(), args, { cwd: folders.project, env: folders.env, timeout: 40_000 });
  codex.stdin?.end();
  let [stdout, stderr] = ["", ""];
  codex.stdout?.on("data", (text: string) => (stdout += text));
  codex.stderr?.on("data", (text: string) => (stderr += text));
  const [exitCode] = (await once(codex, "close")) as [number];
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CodexRun["events"][number]);
  const items = events.flatMap(({ type, item }) =>
    type === "item.completed" ? [item as Record<string, unknown>] : [],
  );
  return { exitCode, stderr, events, items };
}

async function withCodex(options: ScriptedModelOptions) {
  const cleanup = new AsyncDisposableStack();
  const model = cleanup.use(await startScriptedModel(options));
  const folders = cleanup.use(await createCodexFolders(model.url));
  return { model, folders, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

function inputOf(body: unknown): Record<string, unknown>[] {
  return (body as { input: Record<string, unknown>[] }).input;
}

describe("the real Codex with the scripted model", () => {
  it("gets its own prompt back, character for character, and complains about nothing", async () => {
    await using test = await withCodex({});
    const prompt = "Explain **this**:\n\n```ts\n\tconst a = `x`;\n```\n日本 👩‍👩‍👧";
    const run = await codexExec(test.folders, prompt);
    expect(run.items).toMatchObject([{ type: "agent_message", text: `Echo: ${prompt}` }]);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).not.toMatch(/WARN|ERROR/i);
  });

  it("asks with its model, its tools and no key", async () => {
    await using test = await withCodex({});
    await codexExec(test.folders, "hello");
    const { headers, body } = await test.model.waitForRequest(1);
    expect(body).toMatchObject({ model: "gpt-5.5", stream: true, store: false });
    expect((body as { tools: { name?: string }[] }).tools.map(({ name }) => name)).toContain("exec_command");
    expect(headers.authorization).toBeUndefined();
    expect(test.model.requests).toHaveLength(1);
  });

  it("sends the key of its provider, and fails the turn when it is the wrong one", async () => {
    await using test = await withCodex({ apiKey: "right" });
    const withKey = async (key: string) => {
      const env = { ...test.folders.env, MODEL_KEY: key };
      return codexExec({ ...test.folders, env }, "hello", ["-c", 'model_providers.scripted.env_key="MODEL_KEY"']);
    };
    expect((await withKey("right")).items).toMatchObject([{ text: "Echo: hello" }]);
    const refused = await withKey("wrong");
    expect(refused.exitCode).toBe(1);
    expect(JSON.stringify(refused.events.at(-1))).toContain("Incorrect API key");
  });

  it("runs a scripted command and brings its output in the second request", async () => {
    await using test = await withCodex({
      script: [execCommand("echo $((40+2)) > answer.txt; cat answer.txt"), { kind: "text", text: "Done." }],
    });
    const run = await codexExec(test.folders, "go");
    expect(run.items).toMatchObject([
      { type: "command_execution", exit_code: 0, status: "completed" },
      { type: "agent_message", text: "Done." },
    ]);
    const { body } = await test.model.waitForRequest(2);
    expect(inputOf(body).at(-1)).toMatchObject({
      type: "function_call_output",
      output: expect.stringContaining("42") as string,
    });
    expect(await readFile(join(test.folders.project, "answer.txt"), "utf8")).toBe("42\n");
  });

  it.each(["gpt-5.5", "gpt-6-sol", "a-model-that-codex-does-not-know"])(
    "follows several directives of one prompt as %s",
    async (modelName) => {
      await using test = await withCodex({});
      const prompt = "#model: run echo one\n#model: write two.txt three\n#model: usage 500 60\n#model: say four";
      const run = await codexExec(test.folders, prompt, ["--model", modelName]);
      expect(run.items.filter(({ type }) => type !== "error")).toMatchObject([
        { type: "command_execution", exit_code: 0 },
        { type: "file_change", changes: [{ kind: "add" }], status: "completed" },
        { type: "agent_message", text: "four" },
      ]);
      expect(await readFile(join(test.folders.project, "two.txt"), "utf8")).toBe("three\n");
      expect(run.events.at(-1)).toMatchObject({
        type: "turn.completed",
        usage: { input_tokens: 700, output_tokens: 100 },
      });
    },
  );

  it("runs JavaScript for a model that works in code mode", async () => {
    await using test = await withCodex({});
    const run = await codexExec(test.folders, "#model: code text(40+2)", ["--model", "gpt-6-sol"]);
    expect(run.items).toMatchObject([{ type: "agent_message", text: expect.stringMatching(/\n42\n/) as string }]);
  });

  it("shows a summary of reasoning", async () => {
    await using test = await withCodex({});
    const run = await codexExec(test.folders, "#model: reason Weighing it up\n#model: say so");
    expect(run.items).toMatchObject([{ type: "reasoning", text: "Weighing it up" }, { text: "so" }]);
  });

  it.each([
    ["an HTTP error", "#model: fail 400 bad_thing", "bad_thing"],
    ["a failed stream", "#model: fail-stream insufficient_quota You are out", /quota/i],
    ["a cut connection", "#model: say half\n#model: disconnect", "stream disconnected"],
  ])("fails the turn at %s", async (_, prompt, message) => {
    await using test = await withCodex({});
    const run = await codexExec(test.folders, prompt);
    expect(run.exitCode).toBe(1);
    const last = run.events.at(-1) as unknown as { type: string; error: { message: string } };
    expect(last.type).toBe("turn.failed");
    expect(last.error.message).toMatch(message);
  });

  it("falls back to HTTP at once when its provider tries a WebSocket first", async () => {
    await using test = await withCodex({});
    const run = await codexExec(test.folders, "hello", ["-c", "model_providers.scripted.supports_websockets=true"]);
    expect(run.items).toContainEqual(expect.objectContaining({ text: "Echo: hello" }));
    expect(test.model.requests.map(({ method }) => method)).toEqual(["GET", "POST"]);
  });
});

describe("the demo program", () => {
  it("runs from a copy of its one file, says where it listens, and stops at SIGTERM", async () => {
    const folder = await mkdtemp(join(tmpdir(), "codex-workspace-"));
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => rm(folder, { recursive: true }));
    const copy = join(folder, "model.mjs");
    await copyFile(demoProgram, copy);

    const program = spawn(process.execPath, [copy, "--mode", "demo"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: {},
    });
    cleanup.defer(() => void program.kill("SIGKILL"));
    const exit = once(program, "exit");
    const [line] = (await once(createInterface(program.stdout), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };

    await using folders = await createCodexFolders(url);
    const run = await codexExec(folders, "who are you?");
    expect(run.items).toMatchObject([{ text: expect.stringContaining("scripted demo model") as string }]);
    program.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });
});
