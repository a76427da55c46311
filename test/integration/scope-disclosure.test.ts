import { type Operation, operations } from "@codex-workspace/api";
import { tokenScopes } from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { secretOf, TestWorkspace } from "../support/workspace.ts";

/** A word of each prompt of another token, of each command and of each answer of the agent. */
const canary = "canary-7f3a";

/** Scopes that are shown no conversation. */
const blind = tokenScopes.filter((scope) => scope !== "read" && scope !== "admin");
const callers = [
  ...blind.map((scope) => ({ name: scope, scopes: [scope], sees: false })),
  ...blind.map((scope) => ({ name: `${scope}-and-read`, scopes: [scope, "read" as const], sees: true })),
];
const reference = (name: string): { env: string } => ({ env: `TOKEN_OF_${name.replaceAll("-", "_").toUpperCase()}` });

let workspace: TestWorkspace;
beforeAll(async () => {
  const tokens = callers.map(({ name, scopes }) => ({ name, scopes, token: reference(name) }));
  workspace = await TestWorkspace.start({ api: { tokens } });
}, 60_000);
afterAll(() => workspace[Symbol.asyncDispose]());

interface Said {
  readonly status: number;
  readonly text: string;
}

describe.each(callers)("a token with the scopes $scopes", ({ name, scopes, sees }) => {
  const session = `of-${name}`;
  const may = (scope: string): boolean => scopes.some((one) => one === scope);
  const known: Record<string, string> = { session };

  async function send(
    id: string,
    { body, key = crypto.randomUUID() }: { body?: unknown; key?: string } = {},
  ): Promise<Said> {
    const { method, path, request, parameters = [] } = operations.find(({ operationId }) => operationId === id)!;
    const exampleOf = (parameter: string): string => String(parameters.find((one) => one.name === parameter)?.example);
    const address = path.replace(/\{(\w+)\}/g, (_, parameter: string) => known[parameter] ?? exampleOf(parameter));
    const isJson = request?.mediaType === "application/json";
    const response = await fetch(workspace.url + address, {
      method: method.toUpperCase(),
      headers: {
        authorization: `Bearer ${secretOf(reference(name)).reveal()}`,
        "idempotency-key": key,
        ...(isJson && { "content-type": "application/json" }),
      },
      ...(isJson && { body: JSON.stringify(body ?? request.example) }),
    });
    return { status: response.status, text: await response.text() };
  }

  /** What an operation answers to a caller that may, and whether it has words of the conversation where the caller reads. */
  function expectScoped({ status, text }: Said, scope: string, hasWords: boolean): void {
    expect(may(scope) ? [200, 201, 202, 422] : [403]).toContain(status);
    expect(text.includes(canary)).toBe(may(scope) && sees && hasWords);
  }

  const bodyOf = async (path: string): Promise<Record<string, { id: string }[]>> =>
    (await workspace.get(`/v1/sessions/${session}/${path}`)).body as Record<string, { id: string }[]>;

  beforeAll(async () => {
    await workspace.post("/v1/sessions", { name: session });
    const { id } = await workspace.enqueue(`${canary} hello`, {}, session);
    expect(await workspace.ended(id, session)).toMatchObject({ finalMessage: `Echo: ${canary} hello` });
  });

  test("is answered a fork", async () => {
    expectScoped(await send("fork-session", { body: { name: `${session}-fork` } }), "prompt", true);
  });

  test("is answered a cancelled prompt", async () => {
    await workspace.post(`/v1/sessions/${session}/queue/pause`, {});
    const outputSchema = { type: "object", description: canary };
    known["prompt"] = String((await workspace.enqueue(`${canary} cancelled`, { outputSchema }, session))["id"]);
    expectScoped(await send("cancel-prompt"), "prompt", true);
    expect((await send("cancel-prompt")).text).not.toContain(canary);
    await workspace.post(`/v1/sessions/${session}/queue/resume`, {});
    await workspace.delete(`/v1/sessions/${session}/prompts/${known["prompt"]}`);
  });

  test("is answered an interrupted turn", async () => {
    const { id } = await workspace.enqueue(`#model: say ${canary}\n#model: run sleep 60`, {}, session);
    const items = async () => JSON.stringify(await bodyOf("items"));
    await until(async () => (await items()).includes("sleep 60"), "the command to run");
    expectScoped(await send("interrupt-session"), "prompt", true);
    await workspace.post(`/v1/sessions/${session}/interrupt`, {});
    await workspace.ended(id, session);
    expect((await send("interrupt-session")).text).not.toContain(canary);
  });

  test("is answered a decision, and one that does not fit", async () => {
    const { id } = await workspace.enqueue(`#model: run-escalated echo ${canary}`, {}, session);
    const pending = async () => (await bodyOf("approvals?state=pending"))["approvals"] ?? [];
    await until(async () => (await pending()).length > 0, "Codex to ask");
    known["approval"] = (await pending())[0]!.id;
    const wrong = await send("decide-approval", { body: { decision: "decline", answers: { question: ["yes"] } } });
    expectScoped(wrong, "approve", false);
    expectScoped(await send("decide-approval", { body: { decision: "decline" } }), "approve", true);
    expect((await send("decide-approval")).text).not.toContain(canary);
    await workspace.post(`/v1/sessions/${session}/interrupt`, {});
    await workspace.ended(id, session);
  });

  test("is answered its own prompt again", async () => {
    const body = { input: "my own words" };
    const first = await send("send-prompt", { body, key: "again" });
    if (!may("prompt")) return;
    await workspace.ended((JSON.parse(first.text) as { id: string }).id, session);
    const again = await send("send-prompt", { body, key: "again" });
    expect(again.text).toContain("my own words");
    expect(again.text.includes("Echo: my own words")).toBe(sees);
    expect((await send("send-prompt", { body: { input: "other words" }, key: "again" })).text).not.toContain("my own");
  });

  const plain = operations.filter(({ stays, needs }: Operation) => !sees && stays === undefined && needs !== "read");

  test.each(plain.map(({ operationId }) => operationId))("is shown no conversation by %s", async (id) => {
    for (const said of [await send(id), await send(id)]) expect(said.text).not.toContain(canary);
  });
});
