import type { DatabaseSync } from "node:sqlite";
import { ApprovalStore } from "./approval-store.ts";
import { type Actor, AuditLog } from "./audit-log.ts";
import { openDatabase } from "./database.ts";
import { EventLog } from "./event-log.ts";
import { ItemStore } from "./item-store.ts";
import { Journal, together } from "./journal.ts";
import type { PromptQuota } from "./prompt-quota.ts";
import { PromptStore } from "./prompt-store.ts";
import { SessionStore } from "./session-store.ts";
import { TokenStore } from "./token-store.ts";

/** Documented in docs/agentapi.md. */
const kept = {
  eventsPerSession: { rows: 20_000, bytes: 128 * 1024 ** 2 },
  itemsPerSession: { rows: 50_000, bytes: 128 * 1024 ** 2 },
  approvalsPerSession: { rows: 10_000, bytes: 32 * 1024 ** 2 },
  endedPromptsPerToken: { rows: 10_000, bytes: 128 * 1024 ** 2 },
};

export interface StoreOptions {
  /** What is kept beside what has not ended. @default - that of docs/agentapi.md */
  readonly kept?: Partial<typeof kept>;
  /** Bounds of the prompts that have not ended. @default - no bounds */
  readonly promptQuota?: PromptQuota;
  readonly log: (message: string, details: object) => void;
}

/** Everything the wrapper must remember, in one SQLite file that only it can read. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly sessions: SessionStore;
  readonly prompts: PromptStore;
  readonly events: EventLog;
  readonly items: ItemStore;
  readonly approvals: ApprovalStore;
  readonly audit: AuditLog;
  readonly tokens: TokenStore;

  /** @throws WorkspaceError `STATE_UNREADABLE` */
  constructor(file: string, { promptQuota, log, ...options }: StoreOptions) {
    const { eventsPerSession, itemsPerSession, approvalsPerSession, endedPromptsPerToken } = {
      ...kept,
      ...options.kept,
    };
    this.#database = openDatabase(file);
    this.#journal = new Journal(this.#database, log);
    // A crash leaves in the log what was deleted just before.
    this.#journal.eraseLog();
    this.audit = new AuditLog(this.#database, this.#journal);
    this.events = new EventLog(this.#database, this.#journal, eventsPerSession);
    this.sessions = new SessionStore(this.#database, this.#journal, this.audit);
    this.prompts = new PromptStore(
      this.#database,
      this.#journal,
      this.events,
      this.audit,
      promptQuota,
      endedPromptsPerToken,
    );
    this.items = new ItemStore(this.#database, this.#journal, itemsPerSession);
    this.approvals = new ApprovalStore(this.#database, this.#journal, this.events, this.audit, approvalsPerSession);
    this.tokens = new TokenStore(this.#database, this.#journal);
  }

  /** Forgets a session's thread with its items, and that its initial prompt was added; what else waits still waits. */
  beginAnew(session: string): void {
    const forgotten = (): undefined => {
      for (const statement of [
        "DELETE FROM prompts WHERE session = ? AND state = 'queued' AND same_key LIKE 'initial:%'",
        "UPDATE prompts SET same_key = NULL WHERE session = ? AND same_key LIKE 'initial:%'",
        "UPDATE sessions SET thread_id = NULL, restore = NULL, items_gone = NULL WHERE name = ?",
        "DELETE FROM items WHERE session = ?",
      ]) {
        this.#database.prepare(statement).run(session);
      }
    };
    const deed = { actor: "system", action: "session/begunAnew", session } as const;
    this.#journal.now(together(forgotten, this.audit.insertion(deed)));
  }

  /** Removes a session and everything that is known of it, but for what the audit trail has. */
  forget(session: string, actor: Actor): void {
    const forgotten = (): undefined => {
      for (const table of ["prompts", "events", "items", "approvals"] as const)
        this.#database.prepare(`DELETE FROM ${table} WHERE session = ?`).run(session);
      this.#database.prepare("DELETE FROM sessions WHERE name = ?").run(session);
    };
    this.#journal.now(together(forgotten, this.audit.insertion({ actor, action: "session/deleted", session })));
    this.events.pass(session, "session/deleted", {});
  }

  close(): void {
    this.#journal.close();
    this.#database.close();
  }
}
