import * as z from "zod";
import type { Item, Notification, ThreadStatus } from "../codex/protocol.ts";

/** The items that tell of a subagent: one of each kind of multi-agent tools that Codex has. */
const tellingSchema = z.union([
  z.looseObject({ type: z.literal("collabAgentToolCall"), receiverThreadIds: z.array(z.string()) }),
  z
    .looseObject({ type: z.literal("subAgentActivity"), agentThreadId: z.string() })
    .transform(({ agentThreadId }) => ({ receiverThreadIds: [agentThreadId] })),
]);

/** The threads of a session's subagents. What they ask is the session's to answer; what they do is their own. */
export class AgentThreads {
  readonly #statuses = new Map<string, ThreadStatus>();
  /** Under way, by id: what Codex asks may be about one. */
  readonly #items = new Map<string, Item>();

  has(threadId: string): boolean {
    return this.#statuses.has(threadId);
  }

  isActive(threadId: string): boolean {
    return this.#statuses.get(threadId)?.type === "active";
  }

  get areActive(): boolean {
    return [...this.#statuses.values()].some(({ type }) => type === "active");
  }

  /** What they wait for, all together. */
  get activeFlags(): readonly string[] {
    return [...this.#statuses.values()].flatMap(({ activeFlags = [] }) => activeFlags);
  }

  item(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** An item of the session's thread, or of a subagent's, which may have subagents too. */
  seen(item: Item): void {
    const { receiverThreadIds = [] } = tellingSchema.safeParse(item).data ?? {};
    for (const id of receiverThreadIds) if (!this.has(id)) this.#statuses.set(id, { type: "idle" });
  }

  /** What Codex tells of a subagent's thread. */
  notified({ method, params }: Notification): void {
    switch (method) {
      case "thread/status/changed":
        this.#statuses.set(params.threadId, params.status);
        break;
      case "item/started":
        this.#items.set(params.item.id, params.item);
        this.seen(params.item);
        break;
      case "item/completed":
        this.#items.delete(params.item.id);
        this.seen(params.item);
        break;
      default:
    }
  }

  /** They have gone, with Codex. */
  clear(): void {
    this.#statuses.clear();
    this.#items.clear();
  }
}
