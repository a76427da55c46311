import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Approval, DecisionRequest, ItemEntry } from "@codex-workspace/api";
import { WorkspaceError } from "@codex-workspace/core";
import type { RequestId, ServerRequest } from "../codex/protocol.ts";
import type { RpcConnection } from "../codex/rpc-connection.ts";
import { threadOf, toApproval, toCodexAnswer } from "./approval-request.ts";
import type { Actor } from "./audit-log.ts";
import type { Store } from "./store.ts";

export interface ApprovalsOptions {
  readonly session: string;
  readonly store: Store;
  /** How long somebody may take to decide. @default - as long as they like */
  readonly timeoutMs: () => number | undefined;
  /** Whether a terminal of ours shows what Codex asks. */
  readonly hasTerminal: () => boolean;
  /** Ends a turn of the session's thread, or of a subagent's. */
  readonly interrupt: (turnId: string, threadId: string, actor: Actor) => Promise<void>;
  /** The item that waits for what is asked. */
  readonly itemOf: (turnId: string, itemId: string) => ItemEntry["item"] | undefined;
  readonly log: (message: string, details: object) => void;
}

/** Where an answer goes. */
type Answering = Pick<RpcConnection, "answer">;

/** A request that Codex waits for. */
interface Open {
  readonly approval: Approval;
  readonly connection: Answering;
  readonly timer: NodeJS.Timeout | undefined;
  /** Settles when Codex says that it is resolved, or has gone. */
  readonly closed: PromiseWithResolvers<undefined>;
  /** Our answer is on its way. */
  isAnswered: boolean;
}

/** Until Codex says that it has taken an answer. */
const confirmDeadlineMs = 5_000;

/** What Codex asks in one session. The first answer wins, given here or in a terminal. */
export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #open = new Map<RequestId, Open>();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
    // Codex went with the wrapper that asked for them.
    for (const approval of options.store.approvals.pending(options.session)) this.#expire(approval);
  }

  /** @throws WorkspaceError `APPROVAL_NOT_FOUND` */
  get(id: string): Approval {
    const approval = this.#options.store.approvals.get(this.#options.session, id);
    if (approval !== undefined) return approval;
    throw new WorkspaceError(`session "${this.#options.session}" was not asked "${id}"`, {
      code: "APPROVAL_NOT_FOUND",
      remedy: "GET /v1/sessions/{session}/approvals lists what Codex asked.",
    });
  }

  /** Codex asks. What it asks again is the same. */
  requested(request: ServerRequest, connection: Answering): void {
    if (this.#open.has(request.id)) return;
    const { session, store, itemOf } = this.#options;
    const timeoutMs = this.#options.timeoutMs();
    const identity = { id: randomUUID(), session, askedAt: new Date().toISOString() };
    const approval = toApproval(request, identity, itemOf);
    const late = (ms: number): void => {
      this.#timedOut(request.id, ms).catch((error: unknown) => {
        this.#options.log("what nobody decided was not declined", { id: approval.id, reason: String(error) });
      });
    };
    this.#open.set(request.id, {
      approval,
      connection,
      timer: timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs, timeoutMs).unref(),
      closed: Promise.withResolvers<undefined>(),
      isAnswered: false,
    });
    store.approvals.add(approval);
  }

  /**
   * Decides; settles when Codex has taken it. It is on disk before Codex is told.
   *
   * @throws WorkspaceError `APPROVAL_NOT_FOUND`, `APPROVAL_RESOLVED`, `DECISION_INVALID`, `STATE_NOT_WRITABLE`, `CODEX_SILENT`
   */
  async decide(id: string, wanted: DecisionRequest, actor: Actor): Promise<Approval> {
    const [requestId, open] = [...this.#open].find(([, { approval }]) => approval.id === id) ?? [];
    if (requestId === undefined || open === undefined || open.isAnswered) throw resolvedBefore(this.get(id));
    const { result, interrupt } = toCodexAnswer(open.approval, wanted);
    const { decision, comment } = wanted;
    this.#options.store.approvals.decided({
      ...resolved(open.approval, actor),
      decision,
      ...(comment !== undefined && { comment }),
    });
    open.isAnswered = true;
    open.connection.answer(requestId, result);
    const confirmed = await Promise.race([
      open.closed.promise.then(() => true),
      delay(confirmDeadlineMs, false, { ref: false }),
    ]);
    if (interrupt) await this.#interrupt(open.approval, actor);
    if (confirmed) return this.get(id);
    throw new WorkspaceError("Codex did not say that it has taken the decision", {
      code: "CODEX_SILENT",
      remedy: "Look at the session's status; the decision itself was sent.",
    });
  }

  /** Codex waits no more: it has an answer, or its turn is ending. */
  closed(requestId: RequestId, { turnEnds }: { readonly turnEnds: boolean }): void {
    const open = this.#open.get(requestId);
    if (open === undefined) return;
    this.#forget(requestId, open);
    if (open.isAnswered) return;
    if (turnEnds) {
      this.#expire(open.approval);
      return;
    }
    const resolvedBy = this.#options.hasTerminal() ? "terminal" : "unknown";
    if (resolvedBy === "unknown")
      this.#options.log("a decision came neither from here nor from our terminal", { id: open.approval.id });
    this.#options.store.approvals.closed(resolved(open.approval, resolvedBy));
  }

  /** A turn has ended, or with `undefined` all have, with Codex: nobody waits for an answer any more. */
  turnEnded(turnId?: string): void {
    for (const [requestId, open] of this.#open) {
      if (turnId !== undefined && open.approval.turnId !== turnId) continue;
      this.closed(requestId, { turnEnds: true });
    }
  }

  #forget(requestId: RequestId, { timer, closed }: Open): void {
    clearTimeout(timer);
    this.#open.delete(requestId);
    closed.resolve(undefined);
  }

  /** Nobody decided in time: no is the answer. What we cannot answer ends its turn, unless a person may see it. */
  async #timedOut(requestId: RequestId, ms: number): Promise<void> {
    const open = this.#open.get(requestId);
    if (open === undefined || open.isAnswered) return;
    const { id, decisions } = open.approval;
    if (decisions.includes("decline")) {
      const comment = `nobody decided within ${ms / 1000} s`;
      await this.decide(id, { decision: "decline", comment }, "system");
    } else if (!this.#options.hasTerminal()) {
      await this.#interrupt(open.approval, "system");
    }
  }

  async #interrupt({ turnId, request }: Approval, actor: Actor): Promise<void> {
    const threadId = threadOf(request);
    if (turnId !== undefined && threadId !== undefined) await this.#options.interrupt(turnId, threadId, actor);
  }

  #expire(approval: Approval): void {
    this.#options.store.approvals.closed({ ...resolved(approval, "system"), state: "expired" });
  }
}

function resolved(approval: Approval, resolvedBy: Actor): Approval {
  return { ...approval, state: "resolved", resolvedBy, resolvedAt: new Date().toISOString() };
}

function resolvedBefore({ state, resolvedBy = "nobody", decision, resolvedAt = "" }: Approval): WorkspaceError {
  const how = state === "expired" ? "it has expired" : `${resolvedBy} has resolved it`;
  return new WorkspaceError(`${how}${decision === undefined ? "" : `: ${decision}`} (${resolvedAt})`, {
    code: "APPROVAL_RESOLVED",
    remedy: "The first answer counts; GET the approval shows it.",
  });
}
