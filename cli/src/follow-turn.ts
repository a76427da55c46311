import { setTimeout as delay } from "node:timers/promises";
import type { SessionClient, SessionEvent } from "@codex-workspace/client";
import type { Output } from "./output.ts";

export interface FollowOptions {
  /** Also print commands, tools, changed files and reasoning, a line each. */
  readonly verbose: boolean;
}

/** A short turn shows nothing but its answer. */
const quietMs = 2_000;
const redrawMs = 1_000;

/** Shows a turn while it runs: on a terminal a line with what runs, the elapsed time and the tokens. Never rejects. */
export async function followTurn(
  session: SessionClient,
  output: Output,
  { verbose, signal }: FollowOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const turn = new Turn();
  const began = performance.now();
  const draw = async (): Promise<void> => {
    await delay(quietMs, undefined, { signal });
    for (;;) {
      output.progress(turn.line(performance.now() - began));
      await delay(redrawMs, undefined, { signal });
    }
  };
  const read = async (): Promise<void> => {
    for await (const event of session.events({ signal })) {
      turn.take(event);
      if (verbose) for (const line of linesOf(event)) output.note(line);
    }
  };
  // What is wrong with the connection, or with the scopes of the token, the prompt itself reports.
  await Promise.allSettled([draw(), read()]);
  output.progress("");
}

/** What the events of a turn say of it so far. */
class Turn {
  #running = new Map<string, string>();
  #tokens = 0;

  take({ type, data }: SessionEvent): void {
    if (type === "item/started") {
      const name = nameOf(data.item);
      if (name !== undefined) this.#running.set(data.item.id, name);
    } else if (type === "item/completed") {
      this.#running.delete(data.item.id);
    } else if (type === "turn/completed") {
      this.#running.clear();
    } else if (type === "usage/updated") {
      this.#tokens = data.usage.totalTokens;
    }
  }

  line(elapsedMs: number): string {
    const running = [...this.#running.values()].at(-1) ?? "waiting for the model";
    const tokens = this.#tokens === 0 ? [] : [`${this.#tokens.toLocaleString("en")} tokens in the thread`];
    return [duration(elapsedMs), running, ...tokens].join(" · ");
  }
}

type Item = Extract<SessionEvent, { readonly type: "item/started" }>["data"]["item"];

/** What an item does, in a few words; nothing for what people say. */
function nameOf(item: Item): string | undefined {
  switch (item.type) {
    case "commandExecution":
      return `$ ${text(item["command"])}`;
    case "fileChange":
      return `changes ${pathsOf(item).join(", ")}`;
    case "mcpToolCall":
      return `tool ${text(item["server"])}/${text(item["tool"])}`;
    case "webSearch":
      return `searches ${text(item["query"])}`;
    case "reasoning":
      return "thinks";
    case "agentMessage":
      return "writes";
    default:
      return undefined;
  }
}

/** What `--verbose` prints of an event. */
function linesOf({ type, data }: SessionEvent): string[] {
  if (type === "item/started" && data.item.type !== "reasoning" && data.item.type !== "agentMessage") {
    const name = nameOf(data.item);
    return name === undefined ? [] : [name];
  }
  if (type !== "item/completed") return [];
  const { item } = data;
  if (item.type === "reasoning") return texts(item["summary"]).flatMap((summary) => summary.split("\n"));
  if (item.type !== "commandExecution") return [];
  const code = item["exitCode"];
  return [`  ${typeof code === "number" ? `exit code ${code}` : text(item["status"])}`];
}

function pathsOf(item: Item): string[] {
  const changes: unknown = item["changes"];
  if (!Array.isArray(changes)) return [];
  return changes.map((change: unknown) => text((change as Record<string, unknown> | null)?.["path"]));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function duration(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
