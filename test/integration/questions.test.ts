import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Approval, DecisionRequest } from "@codex-workspace/api";
import type { WorkspaceSpec } from "@codex-workspace/core";
import { afterEach, expect, test } from "vitest";
import { type Answer, until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;
afterEach(() => workspace[Symbol.asyncDispose]());

const path = "/v1/sessions/main/approvals";

/** Both tools are behind flags of Codex's; this model has them as functions. */
async function start(spec: WorkspaceSpec = {}): Promise<void> {
  const features = { default_mode_request_user_input: true, request_permissions_tool: true };
  workspace = await TestWorkspace.start({ model: "gpt-5.5", features, ...spec });
}

/** Sends a prompt that makes Codex ask; what it asked, once it is in that state. */
async function asked(prompt: string, state = "pending"): Promise<Approval> {
  await workspace.enqueue(prompt);
  let found: Approval | undefined;
  await until(async () => {
    [found] = (await workspace.get(`${path}?state=${state}`)).body["approvals"] as Approval[];
    return found !== undefined;
  }, "Codex to ask");
  return found!;
}

const decide = (id: string, body: DecisionRequest): Promise<Answer> => workspace.post(`${path}/${id}/decision`, body);
const lastMessage = async (): Promise<string> => (await workspace.messages()).at(-1)?.content ?? "";

const question = {
  id: "colour",
  header: "Colour",
  question: "Which?",
  options: [
    { label: "red", description: "warm" },
    { label: "blue", description: "cold" },
  ],
};
const ask = `#model: call request_user_input ${JSON.stringify({ questions: [question] })}`;

test("what the model asks a person is listed and answered; who answers second is told who was first", async () => {
  await start();
  const { id, ...rest } = await asked(ask);
  expect(rest).toMatchObject({ kind: "userInput", questions: [question], decisions: ["accept", "decline", "cancel"] });
  await until(async () => (await workspace.status())["status"] === "awaiting_input", "the status");
  expect(await decide(id, { decision: "accept" })).toMatchObject({ status: 422, body: { code: "DECISION_INVALID" } });

  const answer: DecisionRequest = { decision: "accept", answers: { colour: ["blue"] } };
  expect((await decide(id, answer)).status).toBe(200);
  const late = await decide(id, { decision: "decline" });
  expect([late.status, late.body["detail"]]).toEqual([
    409,
    expect.stringMatching(/^token:\S+ has resolved it: accept/) as string,
  ]);
  await workspace.stable();
  expect(await lastMessage()).toContain('{"answers":{"colour":{"answers":["blue"]}}}');
});

test("a question that nobody answers in time is declined, and the turn goes on", async () => {
  await start({ approvals: { timeoutSeconds: 1 } });
  expect(await asked(`${ask}\n#model: say went on`, "resolved")).toMatchObject({
    kind: "userInput",
    decision: "decline",
    resolvedBy: "system",
  });
  await workspace.stable();
  expect(await lastMessage()).toBe("went on");
});

test("permissions that the model asks for are in force when they are given, and not when they are declined", async () => {
  await start();
  const file = join(workspace.directory, "outside");
  const wanted = { reason: "May I?", permissions: { file_system: { write: [workspace.directory] } } };
  const prompt = `#model: call request_permissions ${JSON.stringify(wanted)}\n#model: run touch ${file}`;

  const declined = await asked(prompt);
  expect(declined).toMatchObject({ kind: "permissions", reason: "May I?", state: "pending" });
  expect(JSON.stringify(declined.permissions)).toContain(workspace.directory);
  await decide(declined.id, { decision: "decline" });
  await workspace.stable();
  expect(existsSync(file)).toBe(false);

  const cancelled = await asked(prompt);
  await decide(cancelled.id, { decision: "cancel" });
  await workspace.stable();
  expect((await workspace.status())["lastTurn"]).toMatchObject({ status: "interrupted" });
  expect(existsSync(file)).toBe(false);

  const given = await asked(prompt);
  await decide(given.id, { decision: "accept" });
  await workspace.stable();
  expect(existsSync(file)).toBe(true);
});
