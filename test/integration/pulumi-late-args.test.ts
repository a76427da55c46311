import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const program = fileURLToPath(new URL("../support/programs/pulumi-with-a-misplaced-secret.mjs", import.meta.url));
const conditions = "--conditions=codex-workspace-source";

test("says that an input takes no secret, and Node does not warn", async () => {
  const { stdout, stderr } = await run(process.execPath, [conditions, program]);
  expect(stdout).toContain("systemPrompt: expected a string, got a secret");
  expect(stderr).toBe("");
});

test("leaves Node's warning for another promise", async () => {
  const { stderr } = await run(process.execPath, [conditions, program, "--handle-other"]);
  expect(stderr.match(/PromiseRejectionHandledWarning/g)).toHaveLength(1);
});
