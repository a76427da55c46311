import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Approval, SessionStatus } from "@codex-workspace/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Store } from "../session/store.ts";
import { Metrics } from "./metrics.ts";

const main = { name: "main", model: "gpt-5", status: "idle" as SessionStatus, prompts: { length: 0 } };
const other = { ...main, name: "other", status: "working" as SessionStatus, prompts: { length: 2 } };

let directory: string;
let store: Store;
let host: EventEmitter<{ ready: [] }>;
let metrics: Metrics;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "metrics-"));
  store = new Store(join(directory, "wrapper.sqlite"), { log: () => undefined });
  for (const { name } of [main, other]) store.sessions.ensure(name);
  // Of an earlier life of the wrapper.
  completed("main", "of-old", 1000);
  store.events.last("main", ["turn/started"]);
  host = new EventEmitter();
  metrics = new Metrics({
    events: store.events,
    sessions: { all: [main, other] },
    budget: { today: { used: 1250 } },
    streams: () => ({ events: 3, socket: 1 }),
    appServers: host,
  });
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

/** A turn that used so many input tokens, and of the other kinds in proportion. */
function completed(session: string, id: string, input: number): void {
  const usage = {
    ...{ inputTokens: input, cachedInputTokens: input / 2, outputTokens: input / 5, reasoningOutputTokens: input / 10 },
    totalTokens: 0,
  };
  store.events.append(session, "turn/completed", { turn: { id, status: "completed", usage } });
}

/** The samples of one metric. */
async function samples(name: string): Promise<string[]> {
  // A reader waits for what is being written.
  store.events.last("main", ["turn/started"]);
  return (await metrics.text()).split("\n").filter((line) => line.startsWith(name) && !line.includes("_bucket"));
}

test("a turn is counted by how it ended, with its time from start to end", async () => {
  store.events.append("main", "turn/started", { turnId: "a" });
  store.events.append("main", "turn/completed", { turn: { id: "a", status: "completed" } });
  store.events.append("other", "turn/completed", {
    turn: { id: "begun-by-an-earlier-wrapper", status: "interrupted" },
  });
  expect(await samples("codex_workspace_turns_total")).toEqual([
    'codex_workspace_turns_total{outcome="completed"} 1',
    'codex_workspace_turns_total{outcome="failed"} 0',
    'codex_workspace_turns_total{outcome="interrupted"} 1',
  ]);
  const [sum = "", count] = await samples("codex_workspace_turn_duration_seconds");
  expect(Number(sum.split(" ")[1])).toBeGreaterThan(0);
  expect(count).toBe("codex_workspace_turn_duration_seconds_count 1");
});

test("tokens are those of turns that end, and not of an earlier life", async () => {
  completed("main", "a", 100);
  completed("main", "b", 40);
  expect(await samples("codex_workspace_tokens_total")).toEqual([
    'codex_workspace_tokens_total{kind="input",model="gpt-5"} 140',
    'codex_workspace_tokens_total{kind="cached_input",model="gpt-5"} 70',
    'codex_workspace_tokens_total{kind="output",model="gpt-5"} 28',
    'codex_workspace_tokens_total{kind="reasoning_output",model="gpt-5"} 14',
  ]);
});

test("an approval is counted when nobody is asked any more, by kind and decision", async () => {
  const asked: Approval = {
    request: { method: "", params: {} },
    ...{ id: "1", session: "main", askedAt: "", kind: "command", state: "pending", decisions: ["accept"] },
  };
  store.approvals.add(asked);
  expect(await samples("codex_workspace_approvals_total")).toEqual([]);
  store.approvals.closed({ ...asked, state: "resolved", decision: "accept", resolvedBy: "token:a" });
  store.approvals.closed({ ...asked, state: "resolved", resolvedBy: "terminal" });
  store.approvals.closed({ ...asked, state: "expired", resolvedBy: "system" });
  expect(await samples("codex_workspace_approvals_total")).toEqual([
    'codex_workspace_approvals_total{kind="command",outcome="accept"} 1',
    'codex_workspace_approvals_total{kind="command",outcome="resolved"} 1',
    'codex_workspace_approvals_total{kind="command",outcome="expired"} 1',
  ]);
});

test("queues, sessions and streams are as they are when somebody asks", async () => {
  expect(await samples("codex_workspace_prompts_queued")).toEqual(["codex_workspace_prompts_queued 2"]);
  expect(await samples("codex_workspace_sessions")).toEqual([
    'codex_workspace_sessions{status="idle"} 1',
    'codex_workspace_sessions{status="working"} 1',
  ]);
  expect(await samples("codex_workspace_streams")).toEqual([
    'codex_workspace_streams{kind="events"} 3',
    'codex_workspace_streams{kind="socket"} 1',
  ]);
  expect(await samples("codex_workspace_tokens_today")).toEqual(["codex_workspace_tokens_today 1250"]);
});

test("the first start of app-server is no restart, each further one is", async () => {
  host.emit("ready");
  expect(await samples("codex_workspace_app_server_restarts_total")).toEqual([
    "codex_workspace_app_server_restarts_total 0",
  ]);
  host.emit("ready");
  host.emit("ready");
  expect(await samples("codex_workspace_app_server_restarts_total")).toEqual([
    "codex_workspace_app_server_restarts_total 2",
  ]);
});

test("the wrapper's own process is measured: what kept it busy is seen once", async () => {
  const lag = async (): Promise<number> =>
    Number((await samples('codex_workspace_event_loop_lag_seconds{quantile="1"}'))[0]?.split(" ")[1]);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const end = performance.now() + 300;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 60));
  const late = await lag();
  expect(late).toBeGreaterThan(0.1);
  expect(await lag()).toBeLessThan(late);
  expect(Number((await samples("process_resident_memory_bytes"))[0]?.split(" ")[1])).toBeGreaterThan(1e7);
});

test("docs/operations.md lists every metric with its type and its labels, and no other", async () => {
  store.events.append("main", "turn/started", { turnId: "a" });
  completed("main", "a", 1);
  store.approvals.closed({ id: "1", session: "main", kind: "command", state: "expired" } as Approval);
  store.events.last("main", ["turn/started"]);
  const text = await metrics.text();
  const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => {
    const labels = new RegExp(`^${name}\\{(.*)\\} `, "m").exec(text)?.[1] ?? "";
    return [name, type, ...[...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label)];
  });
  const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `((?:codex_workspace|process)_\w+)` +\| (\w+) +\| ([^|]*)\|/gm)];
  const listed = rows.map(([, name, type, labels = ""]) => [
    name,
    type,
    ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  ]);
  expect(listed).toEqual(told);
});
