import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@codex-workspace/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace, token } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

type Approval = Record<string, unknown> & { readonly id: string };

const path = "/v1/sessions/main/approvals";
const eliciting = fileURLToPath(new URL("../support/programs/eliciting-mcp-server.mjs", import.meta.url));

async function approvals(query = "", of = workspace): Promise<Approval[]> {
  return (await of.get(`${path}${query}`)).body["approvals"] as Approval[];
}

/** Sends a prompt that makes Codex ask; what it asks. */
async function asked(prompt: string, of = workspace): Promise<Approval> {
  await of.enqueue(prompt);
  return nextAsked(of);
}

async function nextAsked(of = workspace): Promise<Approval> {
  await until(async () => (await approvals("?state=pending", of)).length > 0, "Codex to ask");
  return (await approvals("?state=pending", of))[0]!;
}

const decide = (id: string, body: object, of = workspace) => of.post(`${path}/${id}/decision`, body);
const fileOf = (name: string, of = workspace) => join(of.layout.workdir, name);

test("what Codex asks is shown whole, and runs when it is accepted", async () => {
  const approval = await asked("#model: run-escalated touch accepted");
  expect(approval).toMatchObject({
    session: "main",
    kind: "command",
    state: "pending",
    reason: "May I run this outside the sandbox?",
    command: expect.stringContaining("touch accepted") as unknown,
    directory: workspace.layout.workdir,
    decisions: ["accept", "accept_for_session", "decline", "cancel"],
    request: { method: "item/commandExecution/requestApproval" },
  });
  expect((await workspace.status())["status"]).toBe("awaiting_approval");
  expect(existsSync(fileOf("accepted"))).toBe(false);

  const answer = await decide(approval.id, { decision: "accept", comment: "it only makes a file" });
  const decided = { state: "resolved", decision: "accept", comment: "it only makes a file" };
  expect(answer).toMatchObject({
    status: 200,
    body: { ...decided, resolvedBy: expect.stringMatching(/^token:/) as unknown },
  });
  await workspace.stable();
  expect(existsSync(fileOf("accepted"))).toBe(true);
  expect((await workspace.get(`${path}/${approval.id}`)).body).toMatchObject(decided);
});

test("the second answer is 409, with who was first; what was never asked is 404", async () => {
  const { id } = await asked("#model: run-escalated touch once");
  const answers = await Promise.all([decide(id, { decision: "accept" }), decide(id, { decision: "decline" })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  const late = await decide(id, { decision: "accept" });
  expect(late).toMatchObject({ status: 409, body: { code: "APPROVAL_RESOLVED" } });
  expect(late.body["detail"]).toMatch(/^token:\S+ has resolved it: (accept|decline)/);
  expect(await decide("nothing", { decision: "accept" })).toMatchObject({
    status: 404,
    body: { code: "APPROVAL_NOT_FOUND" },
  });
  await workspace.stable();
});

test("declined it does not run and the turn goes on; cancelled the turn ends", async () => {
  const declined = await asked("#model: run-escalated touch declined\n#model: say went on");
  await decide(declined.id, { decision: "decline" });
  await workspace.stable();
  expect((await workspace.messages()).at(-1)?.content).toBe("went on");
  expect(existsSync(fileOf("declined"))).toBe(false);

  const cancelled = await asked("#model: run-escalated touch cancelled\n#model: say went on");
  await decide(cancelled.id, { decision: "cancel" });
  await workspace.stable();
  expect((await workspace.status())["lastTurn"]).toMatchObject({ status: "interrupted" });
  expect(existsSync(fileOf("cancelled"))).toBe(false);
});

test("accepted for the session, the same command is not asked again", async () => {
  const { id } = await asked("#model: run-escalated touch for-session");
  await decide(id, { decision: "accept_for_session" });
  await workspace.stable();
  const before = (await approvals("?limit=100")).length;
  await workspace.ask("#model: run-escalated touch for-session");
  expect(await approvals("?limit=100")).toHaveLength(before);
});

test("a change of a file has its diff", async () => {
  const file = join(workspace.directory, "outside");
  const approval = await asked(`#model: write ${file} hello`);
  expect(approval).toMatchObject({ kind: "fileChange", state: "pending", changes: [{ path: file }] });
  expect(JSON.stringify(approval["changes"])).toContain("hello");
  await decide(approval.id, { decision: "accept" });
  await workspace.stable();
  expect(existsSync(file)).toBe(true);
});

test("a decision that does not fit what was asked is refused, and Codex still waits", async () => {
  const { id } = await asked("#model: run-escalated touch misfit");
  const misfit = await decide(id, { decision: "accept", answers: { a: ["b"] } });
  expect(misfit).toMatchObject({ status: 422, body: { code: "DECISION_INVALID" } });
  expect((await decide(id, { decision: "perhaps" })).status).toBe(422);
  expect((await approvals("?state=pending")).map((one) => one.id)).toEqual([id]);
  await decide(id, { decision: "decline" });
  await workspace.stable();
});

test("what was asked and decided is in the session's events", async () => {
  const session = createClient({ baseUrl: workspace.url, token }).session();
  const { id: before } = await asked("#model: run-escalated touch before");
  await session.decide(before, { decision: "decline" });
  await workspace.stable();
  await session.sendPrompt({ input: "#model: run-escalated touch told" });
  const told: unknown[] = [];
  for await (const { type, data } of session.events({ after: 0 })) {
    if (!type.startsWith("approval/") || !JSON.stringify(data).includes("touch told")) continue;
    told.push([type, (data as { approval: object }).approval]);
    const { approvals: pending } = await session.approvals({ states: ["pending"] });
    if (pending.length === 0) break;
    await session.decide(pending[0]!.id, { decision: "decline", comment: "no" });
  }
  expect(told).toMatchObject([
    ["approval/requested", { state: "pending" }],
    ["approval/resolved", { state: "resolved", decision: "decline", comment: "no" }],
  ]);
  await workspace.stable();
});

test("what a person answers in the terminal is resolved there, and a decision then is 409", async () => {
  const screen = await workspace.followScreen();
  await until(() => screen().includes("›"), "the terminal to show its prompt");
  const { id } = await asked("#model: run-escalated touch typed");
  await until(() => screen().includes("touch typed") && screen().includes("Yes"), "the question on the screen");
  await workspace.typeUntil("y", async () => (await approvals("?state=pending")).length === 0, "the answer");
  const late = await decide(id, { decision: "decline" });
  expect(late).toMatchObject({ status: 409, body: { code: "APPROVAL_RESOLVED" } });
  expect(late.body["detail"]).toMatch(/^terminal has resolved it/);
  await workspace.stable();
  expect(existsSync(fileOf("typed"))).toBe(true);

  const other = await asked("#model: run-escalated touch by-http");
  await until(() => screen().includes("touch by-http") && screen().includes("Yes"), "the question on the screen");
  await decide(other.id, { decision: "accept" });
  await workspace.stable();
  expect(existsSync(fileOf("by-http"))).toBe(true);
});

test("what Codex asked expires with its turn", async () => {
  const { id } = await asked("#model: run-escalated touch expired");
  await workspace.post("/v1/sessions/main/interrupt", {});
  expect((await workspace.get(`${path}/${id}`)).body).toMatchObject({ state: "expired", resolvedBy: "system" });
  expect(await decide(id, { decision: "accept" })).toMatchObject({ status: 409, body: { code: "APPROVAL_RESOLVED" } });
});

test.each(["wrapper", "app-server"] as const)(
  "killed while it waits, the %s: it has expired, and the next is asked",
  async (which) => {
    await using other = await TestWorkspace.start();
    const { id } = await asked("#model: run-escalated touch lost", other);
    if (which === "wrapper") {
      await other.stop("SIGKILL");
      await other.start();
    } else {
      process.kill((await childrenOf(other.pid, "app-server"))[0]!, "SIGKILL");
      await until(async () => (await other.get("/readyz")).status === 503, "the loss to be seen");
    }
    await other.ready();
    expect((await other.get(`${path}/${id}`)).body).toMatchObject({ state: "expired" });
    const next = await asked("#model: run-escalated touch next", other);
    await decide(next.id, { decision: "accept" }, other);
    await other.stable();
    expect([existsSync(fileOf("lost", other)), existsSync(fileOf("next", other))]).toEqual([false, true]);
  },
);

test("what nobody answers in time is declined, and the turn goes on", async () => {
  await using other = await TestWorkspace.start({ approvals: { timeoutSeconds: 1 } });
  await other.ask("#model: run-escalated touch late\n#model: say went on");
  expect((await other.messages()).at(-1)?.content).toBe("went on");
  expect(await approvals("", other)).toMatchObject([
    { state: "resolved", decision: "decline", comment: "nobody decided within 1 s", resolvedBy: "system" },
  ]);
  expect(existsSync(fileOf("late", other))).toBe(false);
});

test("the audit trail and the log say who decided what", async () => {
  await using other = await TestWorkspace.start();
  const { id } = await asked("#model: run-escalated touch audited", other);
  await decide(id, { decision: "accept", comment: "fine" }, other);
  await other.stable();
  const { entries } = await createClient({ baseUrl: other.url, token }).audit();
  expect(entries.filter(({ action }) => action.startsWith("approval/"))).toMatchObject([
    { actor: "system", action: "approval/requested", session: "main", details: { approvalId: id } },
    {
      actor: "token:api.token",
      action: "approval/resolved",
      details: { approvalId: id, decision: "accept", comment: "fine" },
    },
  ]);
  const logged = (): unknown[] => other.log.flatMap(({ audit }) => audit ?? []);
  await until(() => logged().length === entries.length, "the log");
  expect(logged()).toEqual(entries);
});

/** Has the model call the MCP server's tool. */
const order = "#model: code text(JSON.stringify(await tools.mcp__desk__order({})))";

test("an MCP server's form is answered with what it asks for", async () => {
  await using other = await TestWorkspace.start({
    mcpServers: { desk: { command: process.execPath, args: [eliciting] } },
  });
  const approval = await asked(order, other);
  expect(approval).toMatchObject({
    kind: "elicitation",
    elicitation: { serverName: "desk", mode: "form", message: "How many?" },
    decisions: ["accept", "decline", "cancel"],
  });
  const wrong = await decide(approval.id, { decision: "accept", content: { count: "many" } }, other);
  expect(wrong).toMatchObject({ status: 422, body: { code: "DECISION_INVALID" } });
  await decide(approval.id, { decision: "accept", content: { count: 3 } }, other);
  await other.stable();
  expect((await other.messages()).at(-1)?.content).toContain("ordered 3");

  const second = await asked(order, other);
  await decide(second.id, { decision: "decline" }, other);
  await other.stable();
  expect((await other.messages()).at(-1)?.content).toContain("decline");
});
