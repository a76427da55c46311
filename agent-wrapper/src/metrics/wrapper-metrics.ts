import type { EventEmitter } from "node:events";
import type { SessionStatus } from "@codex-workspace/api";
import { Counter, Gauge, type Registry } from "prom-client";

export interface WrapperMeasures {
  readonly sessions: {
    readonly all: readonly { readonly status: SessionStatus; readonly prompts: { readonly length: number } }[];
  };
  readonly budget: { readonly today: { readonly used: number } };
  /** What clients hold open. */
  readonly streams: () => { readonly events: number; readonly socket: number };
  /** Tells of each app-server that is there. */
  readonly appServers: Pick<EventEmitter<{ ready: [] }>, "on" | "once">;
}

/** What is true of the wrapper when somebody asks, and how often app-server was started again. */
export function measureWrapper(registry: Registry, { sessions, budget, streams, appServers }: WrapperMeasures): void {
  const registers = [registry];
  new Gauge({
    name: "codex_workspace_sessions",
    help: "Sessions by their status.",
    labelNames: ["status"],
    registers,
    collect() {
      this.reset();
      for (const { status } of sessions.all) this.inc({ status });
    },
  });
  new Gauge({
    name: "codex_workspace_prompts_queued",
    help: "Prompts that wait in the queues of all sessions.",
    registers,
    collect() {
      this.set(sessions.all.reduce((sum, { prompts }) => sum + prompts.length, 0));
    },
  });
  new Gauge({
    name: "codex_workspace_tokens_today",
    help: "Tokens used since midnight UTC, subagents' too, also before this start of the wrapper.",
    registers,
    collect() {
      this.set(budget.today.used);
    },
  });
  new Gauge({
    name: "codex_workspace_streams",
    help: "Open event streams and terminals' sockets.",
    labelNames: ["kind"],
    registers,
    collect() {
      for (const [kind, count] of Object.entries(streams())) this.set({ kind }, count);
    },
  });
  const restarts = new Counter({
    name: "codex_workspace_app_server_restarts_total",
    help: "How often Codex's app-server was started again.",
    registers,
  });
  appServers.once("ready", () => appServers.on("ready", () => restarts.inc()));
}
