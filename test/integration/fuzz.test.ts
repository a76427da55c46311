import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSchemathesis } from "../support/schemathesis.ts";
import { authorized, TestWorkspace, until } from "../support/workspace.ts";

const { program, without } = await findSchemathesis();

/** For a run by hand that takes longer: `FUZZ_EXAMPLES=1000 FUZZ_SECONDS=600`, for each test. */
const { FUZZ_EXAMPLES: examples = "25", FUZZ_SECONDS: seconds = "14" } = process.env;
const limits = ["--max-examples", examples, "--max-time", seconds, "--seed", "1"];
const timeoutMs = (Number(seconds) + 60) * 1000;

const endless = "/events$";
const ofSession = "^/v1/sessions/\\{session\\}/";
// A prompt of white space alone fits the schema, since it fits keys, and is refused; so are settings that Codex refuses.
const common = ["--exclude-checks", "positive_data_acceptance", "--no-color"];

interface FuzzResult {
  readonly output: string;
  readonly exitCode: unknown;
}

describe.skipIf(without !== "")(`requests made up from the OpenAPI document${without && ` (${without})`}`, () => {
  let workspace: TestWorkspace;

  beforeAll(async () => {
    workspace = await TestWorkspace.start();
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  test(
    "what the document allows and what it does not: never a 5xx, never an answer that it does not have",
    async () => {
      const excluded = ["--exclude-path-regex", `${endless}|${ofSession}`];
      expectPassed(await fuzz("/openapi.json", [...limits, ...excluded]));
      await expectAlive();
    },
    timeoutMs,
  );

  test(
    "the same below a session, of a prompt and an approval that are there",
    async () => {
      await workspace.post("/v1/sessions", { name: "known" });
      const { id: prompt } = await workspace.enqueue("hello", {}, "known");
      const known = { "path.session": "known", "path.prompt": prompt, "path.approval": await asked() };
      const only = ["--include-path-regex", ofSession, "--exclude-path-regex", endless];
      expectPassed(await fuzz("/openapi.json", [...limits, ...only, "--phases", "examples,coverage,fuzzing"], known));
      await expectAlive();
    },
    timeoutMs,
  );

  test("the document for OpenAPI 3.0 describes the same", async () => {
    await workspace.post("/v1/sessions", { name: "review" });
    expectPassed(await fuzz("/openapi-3.0.json", ["--phases", "examples", "--exclude-path-regex", endless]));
    await expectAlive();
  }, 60_000);

  /** Runs schemathesis; `known` are values of parameters, instead of ones that it makes up. */
  async function fuzz(document: string, options: readonly string[], known: object = {}): Promise<FuzzResult> {
    const cwd = join(workspace.directory, "fuzz");
    await mkdir(cwd, { recursive: true });
    const parameters = Object.entries(known).map(([name, value]) => `"${name}" = "${String(value)}"\n`);
    await writeFile(join(cwd, "schemathesis.toml"), `[parameters]\n${parameters.join("")}`);
    const header = ["--header", `Authorization: ${authorized.authorization}`];
    const target = [workspace.url + document, "--url", workspace.url, ...header];
    const args = ["-m", "schemathesis.cli", "run", ...target, ...common, ...options];
    return new Promise((resolve) => {
      execFile(program, args, { cwd, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
        resolve({ output: stdout + stderr, exitCode: error === null ? 0 : error.code });
      });
    });
  }

  function expectPassed({ output, exitCode }: FuzzResult): void {
    if (process.env["FUZZ_SECONDS"] !== undefined) console.log(output);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/Test cases:\s+\d{2,} generated, \d{2,} passed/)]);
  }

  /** What Codex asks in the session `known`. */
  async function asked(): Promise<string> {
    const pending = async (): Promise<{ id: string }[]> =>
      (await workspace.get("/v1/sessions/known/approvals?state=pending")).body["approvals"] as { id: string }[];
    await workspace.enqueue("#model: run-escalated touch made", {}, "known");
    await until(async () => (await pending()).length > 0, "Codex to ask");
    return (await pending())[0]!.id;
  }

  async function expectAlive(): Promise<void> {
    expect((await workspace.get("/healthz", {})).status).toBe(200);
    await workspace.stable();
    expect(workspace.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }
});
