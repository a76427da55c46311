import assert from "node:assert/strict";
import type { Approval, AuditPage, ItemPage, MessagesBody, Prompt, PromptPage } from "@codex-workspace/api";
import type { WorkspaceHttp } from "../support/workspace-http.ts";
import type { Told } from "./clients.ts";
import type { ReadEvent } from "./event-reader.ts";
import type { HistoryItem } from "./thread-history.ts";

/** What is read of an event's data. */
interface Said {
  readonly turnId?: string;
  readonly turn?: { readonly id: string };
  readonly promptId?: string;
  readonly state?: string;
  readonly approval?: { readonly id: string };
}

const endStates = ["completed", "failed", "interrupted", "cancelled"];

/** Every prompt that was taken is there, has ended, and was in at most one turn; exactly one where it says so. */
export async function checkPrompts(
  workspace: WorkspaceHttp,
  told: Told,
  histories: ReadonlyMap<string, readonly HistoryItem[]>,
  asked: ReadonlyMap<string, number>,
): Promise<void> {
  for (const { id, session, input } of told.prompts) {
    const { status, body } = await workspace.get(`/v1/sessions/${session}/prompts/${id}`);
    assert.equal(status, 200, `prompt ${id}, which was taken, is lost: ${input}`);
    const prompt = body as unknown as Prompt;
    assert.ok(endStates.includes(prompt.state), `prompt ${id} has not ended: ${prompt.state}`);
    const seen = (histories.get(session) ?? []).filter(({ type, text }) => type === "userMessage" && text === input);
    assert.ok(seen.length <= 1, `prompt ${id} is ${seen.length} times in the thread: ${input}`);
    assert.ok((asked.get(input) ?? 0) <= 1, `the model was asked ${asked.get(input) ?? 0} times: ${input}`);
    const words = `prompt ${id} is ${prompt.state}, and ${seen.length} times in the thread: ${input}`;
    if (prompt.state === "completed") assert.equal(seen.length, 1, words);
    if (prompt.state === "cancelled") assert.equal(seen.length, 0, words);
    if (seen[0] !== undefined) {
      assert.equal(seen[0].clientId, id, words);
      assert.equal(seen[0].turnId, prompt.turnId, words);
    }
  }
  for (const id of told.cancelled) {
    const state = (await workspace.get(`/v1/sessions/main/prompts/${id}`)).body["state"];
    const other = (await workspace.get(`/v1/sessions/second/prompts/${id}`)).body["state"];
    assert.equal(state ?? other, "cancelled", `prompt ${id} was taken back`);
  }
  for (const { content, times } of told.messages) {
    const seen = (histories.get("main") ?? []).filter(({ text }) => text === content).length;
    assert.ok(times.includes(seen), `a message is ${seen} times in the thread, not ${times.join(" or ")}: ${content}`);
  }
}

/** No prompt is there that nobody sent: the same key made the same prompt. */
export async function checkNothingTwice(workspace: WorkspaceHttp, session: string): Promise<void> {
  const inputs = new Map<string, string>();
  for await (const { prompts } of pages<PromptPage>(workspace, `/v1/sessions/${session}/prompts`)) {
    for (const { id, input } of prompts) {
      const text = JSON.stringify(input);
      assert.equal(inputs.get(text) ?? id, id, `two prompts with one key: ${text}`);
      inputs.set(text, id);
    }
  }
}

/** Items are Codex's history: each once, in its order, with its text. What was cut off may be there besides. */
export async function checkItems(
  workspace: WorkspaceHttp,
  session: string,
  history: readonly HistoryItem[],
): Promise<void> {
  const known = new Set(history.map(({ id }) => id));
  const items: { id: string; type: string; text: string }[] = [];
  for await (const page of pages<ItemPage>(workspace, `/v1/sessions/${session}/items`)) {
    for (const { item } of page.items) {
      const { id, type } = item;
      const parts = item["content"] as { text: string }[] | undefined;
      const text = (item["text"] as string | undefined) ?? parts?.map((part) => part.text).join("\n") ?? "";
      if (!known.has(id)) continue;
      if (type === "commandExecution")
        assert.notEqual(item["status"], "inProgress", `has ended: ${JSON.stringify(item)}`);
      items.push({ id, type, text });
    }
  }
  const of = (type: string, list: readonly { id: string; type: string; text: string }[]) =>
    list.filter((item) => item.type === type).map(({ id, text }) => `${id} ${text}`);
  for (const type of ["userMessage", "agentMessage", "commandExecution"])
    assert.deepEqual(of(type, items), of(type, history), `items of ${session} are its history`);
}

/** AgentAPI's messages are Codex's history: the user's texts, and after each what the agent said. */
export async function checkMessages(workspace: WorkspaceHttp, history: readonly HistoryItem[]): Promise<void> {
  const messages = (await workspace.messages()) as unknown as MessagesBody["messages"];
  assert.deepEqual(
    messages.map(({ id, role }) => [id, role]),
    messages.map((_, index) => [index, index % 2 === 0 ? "agent" : "user"]),
  );
  const users = history.filter(({ type }) => type === "userMessage").map(({ text }) => text);
  const said = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  assert.deepEqual(said, users, "messages are the thread's");
  let nth = 0;
  for (const { type, text } of history) {
    if (type === "userMessage") nth += 1;
    if (type !== "agentMessage") continue;
    const content = messages[2 * nth]?.content ?? "";
    assert.ok(content.includes(text), `message ${2 * nth} lacks what the agent said: ${text}`);
  }
}

/** What one reader got over all interruptions is what another reads now, and tells a story that can be. */
export function checkEvents(followed: readonly ReadEvent[], reread: readonly ReadEvent[]): void {
  for (const [index, { id }] of followed.entries())
    assert.ok(id > (followed[index - 1]?.id ?? 0), `event ${id} comes after ${followed[index - 1]?.id ?? 0}`);
  assert.deepEqual(followed, reread, "a reader that was cut off has what is on disk");
  const turns = new Map<string, string[]>();
  const prompts = new Map<string, string[]>();
  const approvals = new Map<string, string[]>();
  const note = (stories: Map<string, string[]>, key: string | undefined, what: string): void => {
    if (key !== undefined) stories.set(key, [...(stories.get(key) ?? []), what]);
  };
  for (const { type, data } of followed) {
    const parsed = JSON.parse(data) as Said;
    if (type === "turn/started") note(turns, parsed.turnId, "started");
    if (type === "turn/completed") note(turns, parsed.turn?.id, "completed");
    if (type === "prompt/changed") note(prompts, parsed.promptId, parsed.state ?? "");
    if (type === "approval/requested") note(approvals, parsed.approval?.id, "requested");
    if (type === "approval/resolved") note(approvals, parsed.approval?.id, "resolved");
  }
  for (const [id, story] of turns) assert.deepEqual(story, ["started", "completed"], `turn ${id}`);
  for (const [id, story] of approvals) assert.deepEqual(story, ["requested", "resolved"], `approval ${id}`);
  for (const [id, story] of prompts) {
    const told = story.join(" ");
    assert.match(
      told,
      /^queued( sending queued)*( sending( running)?)? (completed|failed|interrupted|cancelled)$/,
      `prompt ${id}`,
    );
  }
}

/** What Codex asked has been decided, or has expired; what was decided stays so. */
export async function checkApprovals(workspace: WorkspaceHttp, session: string, told: Told): Promise<void> {
  const { body } = await workspace.get(`/v1/sessions/${session}/approvals?state=pending`);
  assert.deepEqual(body["approvals"], [], `nothing waits in ${session}`);
  for (const { id, decision } of told.decided.filter((one) => one.session === session)) {
    const approval = (await workspace.get(`/v1/sessions/${session}/approvals/${id}`)).body as unknown as Approval;
    assert.deepEqual([approval.state, approval.decision], ["resolved", decision], `approval ${id}`);
  }
}

/** Each entry of the audit trail follows the one before it. */
export async function checkAudit(workspace: WorkspaceHttp): Promise<void> {
  let [seq, hash] = [0, "0".repeat(64)];
  for (let after: number | undefined = 0; after !== undefined;) {
    const page = (await workspace.get(`/v1/audit?after=${after}`)).body as unknown as AuditPage;
    for (const entry of page.entries) {
      assert.deepEqual([entry.seq, entry.previousHash], [seq + 1, hash], `entry ${entry.seq} of the audit trail`);
      ({ seq, hash } = entry);
    }
    after = page.next;
  }
}

async function* pages<T extends { readonly nextCursor?: string | undefined }>(
  workspace: WorkspaceHttp,
  path: string,
): AsyncGenerator<T> {
  for (let cursor: string | undefined = "0"; cursor !== undefined;) {
    const page = (await workspace.get(`${path}?limit=100&cursor=${cursor}`)).body as unknown as T;
    yield page;
    cursor = page.nextCursor;
  }
}
