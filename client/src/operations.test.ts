import { operations } from "@codex-workspace/api";
import { expect, test } from "vitest";
import { createClient, type WorkspaceClient } from "./index.ts";
import type { SessionClient } from "./session-client.ts";

const promptId = "019a2b3c-7f60-4d5e-8a9b-0c1d2e3f4a5b";
const approvalId = "5b0c8f1e-2d3a-4c6b-9e7f-1a2b3c4d5e6f";

/** What calls each operation, with every option that becomes a parameter. */
const calls: Readonly<Record<string, (client: WorkspaceClient, session: SessionClient) => unknown>> = {
  "get-status": (client) => client.status(),
  "get-messages": (client) => client.messages(),
  "post-message": (client) => client.sendMessage("hello"),
  "post-upload": (client) => client.upload(new File(["hello"], "hello.txt")),
  subscribeEvents: (client) => all(client.events()),
  "list-sessions": (client) => client.sessions(),
  "create-session": (client) => client.createSession({ name: "review", sandbox: "read-only" }),
  "get-session": (_, session) => session.get(),
  "delete-session": (_, session) => session.delete(),
  "fork-session": (_, session) => session.fork({ name: "again" }),
  "archive-session": (_, session) => session.archive(),
  "unarchive-session": (_, session) => session.unarchive(),
  "interrupt-session": (_, session) => session.interrupt(),
  "send-prompt": (_, session) => session.sendPrompt({ input: "hello" }, { idempotencyKey: "once" }),
  "list-prompts": (_, session) => session.prompts({ states: ["queued", "running"], cursor: "12", limit: 5 }),
  "get-prompt": (_, session) => session.prompt(promptId, { waitSeconds: 2 }),
  "cancel-prompt": (_, session) => session.cancelPrompt(promptId),
  "get-queue": (_, session) => session.queue(),
  "pause-queue": (_, session) => session.pauseQueue(),
  "resume-queue": (_, session) => session.resumeQueue(),
  "list-approvals": (_, session) => session.approvals({ states: ["pending"], cursor: "12", limit: 5 }),
  "get-approval": (_, session) => session.approval(approvalId),
  "decide-approval": (_, session) => session.decide(approvalId, { decision: "accept" }),
  "list-items": (_, session) => session.items({ types: ["plan"], order: "desc", cursor: "12", limit: 5 }),
  "subscribe-session-events": (_, session) => all(session.events({ after: 12, deltas: true })),
  "open-terminal": (_, session) => fetchOf(session.terminalUrl().replace("ws", "http")),
  "get-workspace-status": (client) => client.workspaceStatus(),
  "get-metrics": (client) => client.metrics(),
  "get-audit": (client) => client.audit({ after: 12, limit: 5 }),
  "post-ticket": (client) => client.ticket({ scopes: ["read"] }),
  "get-health": (client) => client.health(),
  "get-readiness": (client) => client.ready(),
};

/** The last event of each stream. */
const lastEvents: Readonly<Record<string, string>> = {
  subscribeEvents: 'event: status_change\ndata: {"status": "stable", "agent_type": "codex"}\n\n',
  "subscribe-session-events": 'event: session/deleted\ndata: {"time": "2026-01-02T03:04:05.678Z"}\n\n',
};

test("every operation has a method", () => {
  expect(Object.keys(calls).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
});

test.each(operations.map((operation) => ({ ...operation, id: operation.operationId })))(
  "$id is asked as it is described, and its example is an answer",
  async ({ id, method, path, parameters = [], request, answers }) => {
    const asked: Request[] = [];
    const [status, answer] = Object.entries(answers)[0]!;
    fetchOf = (input, init) => {
      asked.push(new Request(input, init));
      const { content } = answer;
      if (content === undefined)
        return Promise.resolve(new Response(null, { status: status === "101" ? 200 : +status }));
      const example = content.mediaType === "text/event-stream" ? lastEvents[id] : content.example;
      const body = typeof example === "string" ? example : JSON.stringify(example);
      return Promise.resolve(new Response(body, { status: +status, headers: { "content-type": content.mediaType } }));
    };
    const client = createClient({ baseUrl: "http://any", fetch: (input, init) => fetchOf(input, init) });
    await calls[id]!(client, client.session("review"));

    const [sent] = asked;
    const { pathname, searchParams } = new URL(sent!.url);
    expect(`${sent!.method.toLowerCase()} ${pathname}`).toBe(
      `${method} ${path.replace("{session}", "review").replace("{prompt}", promptId).replace("{approval}", approvalId)}`,
    );
    const inQuery = parameters.filter((parameter) => parameter.in === "query");
    expect([...searchParams.keys()].sort()).toEqual(inQuery.map(({ name }) => name).sort());
    for (const { name, schema } of inQuery) schema.parse(searchParams.get(name));
    if (request?.mediaType === "application/json") request.schema.parse(await sent!.json());
    if (id === "send-prompt") expect(sent!.headers.get("idempotency-key")).toBe("once");
  },
);

let fetchOf: typeof fetch;

/** A stream to its end. */
async function all(events: AsyncGenerator): Promise<void> {
  expect((await events.next()).done).toBe(false);
  expect((await events.next()).done).toBe(true);
}
