import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSchemathesis } from "../support/schemathesis.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

const { program, without } = await findSchemathesis();

describe.skipIf(without !== "")(`requests made up from the OpenAPI document${without && ` (${without})`}`, () => {
  let workspace: TestWorkspace;

  beforeAll(async () => {
    workspace = await TestWorkspace.start();
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  test("what the document allows and what it does not: never a 5xx, never an answer that it does not have", async () => {
    const { output, exitCode } = await fuzz("/openapi.json", [
      ...["--max-examples", "50", "--seed", "1", "--max-time", "30"],
      // A prompt of white space alone fits the schema, since it fits keys, and is refused.
      ...["--exclude-checks", "positive_data_acceptance"],
    ]);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/Test cases:\s+\d{3,} generated, \d{3,} passed/)]);
    await expectAlive();
  }, 120_000);

  test("the document for OpenAPI 3.0 describes the same", async () => {
    const { output, exitCode } = await fuzz("/openapi-3.0.json", ["--phases", "examples"]);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/Test cases:\s+\d+ generated, \d+ passed/)]);
    await expectAlive();
  }, 60_000);

  /** Runs schemathesis; /events is left out because it does not end. */
  function fuzz(document: string, options: readonly string[]): Promise<{ output: string; exitCode: unknown }> {
    const target = [workspace.url + document, "--url", workspace.url, "--exclude-path-regex", "/events|/v1/sessions"];
    const header = ["--header", `Authorization: ${authorized.authorization}`];
    const cwd = workspace.directory;
    return new Promise((resolve) => {
      const args = ["-m", "schemathesis.cli", "run", ...target, ...header, "--no-color", ...options];
      execFile(program, args, { cwd, timeout: 100_000 }, (error, stdout, stderr) => {
        resolve({ output: stdout + stderr, exitCode: error === null ? 0 : error.code });
      });
    });
  }

  async function expectAlive(): Promise<void> {
    expect((await workspace.get("/healthz", {})).status).toBe(200);
    await workspace.stable();
    expect(workspace.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  }
});
