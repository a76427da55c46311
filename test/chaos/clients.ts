import { setTimeout as delay } from "node:timers/promises";
import type { Answer, WorkspaceHttp } from "../support/workspace-http.ts";
import { authorized } from "../support/workspace.ts";
import type { Deed, Fault } from "./plan-round.ts";

export interface SentPrompt {
  readonly id: string;
  readonly session: string;
  readonly input: string;
}

/** What the clients of a round were told. */
export class Told {
  readonly prompts: SentPrompt[] = [];
  /** Texts for AgentAPI, and how often they may be in the thread by what was said of them. */
  readonly messages: { readonly content: string; readonly times: readonly number[] }[] = [];
  /** Ids of prompts that were taken back. */
  readonly cancelled: string[] = [];
  readonly decided: { readonly session: string; readonly id: string; readonly decision: string }[] = [];
  readonly forks: string[] = [];
}

/** How long a client tries again. */
const patienceMs = 20_000;

/** What a client does; it settles when the client has been told, or gives up. */
export async function act(workspace: WorkspaceHttp, deed: Exclude<Deed, Fault>, told: Told): Promise<void> {
  switch (deed.do) {
    case "prompt":
      await sendPrompt(workspace, deed, told);
      break;
    case "message": {
      const answer = await workspace.prompt(deed.content).catch(() => undefined);
      const isUnclear = answer === undefined || answer.body["code"] === "PROMPT_UNCERTAIN";
      told.messages.push({ content: deed.content, times: isUnclear ? [0, 1] : [answer.status === 200 ? 1 : 0] });
      break;
    }
    case "interrupt":
      await workspace.post(`/v1/sessions/${deed.session}/interrupt`, {}).catch(() => undefined);
      break;
    case "pause":
      await workspace.post(`/v1/sessions/${deed.session}/queue/pause`, {}).catch(() => undefined);
      break;
    case "cancel":
      await cancelLast(workspace, deed.session, told).catch(() => undefined);
      break;
    case "decide":
      await decide(workspace, deed, told).catch(() => undefined);
      break;
    case "fork":
      await fork(workspace, deed, told);
      break;
  }
}

/** Every approval of a session that waits. */
export async function pendingApprovals(workspace: WorkspaceHttp, session: string): Promise<string[]> {
  const { body } = await workspace.get(`/v1/sessions/${session}/approvals?state=pending`);
  return (body["approvals"] as { id: string }[]).map(({ id }) => id);
}

async function sendPrompt(
  workspace: WorkspaceHttp,
  { session, input, whenBusy }: Extract<Deed, { do: "prompt" }>,
  told: Told,
): Promise<void> {
  // Each input is sent once: it can be its own key.
  const headers = { ...authorized, "idempotency-key": input.replaceAll("\n", " ") };
  const path = `/v1/sessions/${session}/prompts`;
  const answer = await insist(() => workspace.post(path, { input, whenBusy }, headers));
  if (answer.status === 409 && whenBusy === "reject") return;
  if (answer.status !== 202) throw new Error(`a prompt was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  told.prompts.push({ id: String(answer.body["id"]), session, input });
}

async function cancelLast(workspace: WorkspaceHttp, session: string, told: Told): Promise<void> {
  const { body } = await workspace.get(`/v1/sessions/${session}/prompts?state=queued`);
  const last = (body["prompts"] as { id: string }[]).at(-1);
  if (last === undefined) return;
  const { status } = await workspace.delete(`/v1/sessions/${session}/prompts/${last.id}`);
  if (status === 200) told.cancelled.push(last.id);
}

async function decide(
  workspace: WorkspaceHttp,
  { session, decision }: Extract<Deed, { do: "decide" }>,
  told: Told,
): Promise<void> {
  const [id] = await pendingApprovals(workspace, session);
  if (id === undefined) return;
  const { status } = await workspace.post(`/v1/sessions/${session}/approvals/${id}/decision`, { decision });
  if (status === 200) told.decided.push({ session, id, decision });
}

async function fork(
  workspace: WorkspaceHttp,
  { name, input, atMs }: Extract<Deed, { do: "fork" }>,
  told: Told,
): Promise<void> {
  const answer = await insist(() => workspace.post("/v1/sessions/main/fork", { name }));
  // A request of which the answer was lost may have made it.
  if (answer.status !== 201 && answer.body["code"] !== "SESSION_EXISTS")
    throw new Error(`a fork was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  told.forks.push(name);
  await sendPrompt(workspace, { do: "prompt", atMs, session: name, input, whenBusy: "queue" }, told);
}

/** Asks until somebody answers who has a disk to write on, and a Codex. */
async function insist(ask: () => Promise<Answer>): Promise<Answer> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      const answer = await ask();
      if (answer.status !== 507 && answer.status !== 503) return answer;
      if (performance.now() > end) throw new Error(`still ${answer.status}: ${JSON.stringify(answer.body)}`);
    } catch (error) {
      if (!(error instanceof TypeError) || performance.now() > end) throw error;
    }
    await delay(50);
  }
}
