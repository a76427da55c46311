import type { DatabaseSync } from "node:sqlite";
import type { Approval, ApprovalState } from "@codex-workspace/api";
import type { Actor, AuditLog, Deed } from "./audit-log.ts";
import type { EventLog } from "./event-log.ts";
import { type Journal, type Operation, together } from "./journal.ts";
import { type Kept, Retention } from "./retention.ts";

export interface StoredApproval {
  readonly seq: number;
  readonly approval: Approval;
}

export interface ApprovalPage {
  readonly states: readonly ApprovalState[];
  /** Those that were asked after this one. */
  readonly after: number;
  readonly limit: number;
}

/** What Codex asked in all sessions, and what became of it. */
export class ApprovalStore {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #events: EventLog;
  readonly #audit: AuditLog;
  readonly #retention: Retention;

  constructor(database: DatabaseSync, journal: Journal, events: EventLog, audit: AuditLog, keptPerSession: Kept) {
    const rows = { table: "approvals", key: "seq", owner: "session", bytes: "octet_length(approval)" } as const;
    this.#retention = new Retention(database, { ...rows, where: "state <> 'pending'" }, keptPerSession);
    this.#database = database;
    this.#journal = journal;
    this.#events = events;
    this.#audit = audit;
  }

  add(approval: Approval): void {
    const { id, session, state } = approval;
    const insert = (): undefined => {
      this.#database
        .prepare("INSERT INTO approvals (id, session, state, approval) VALUES (?, ?, ?, ?)")
        .run(id, session, state, JSON.stringify(approval));
    };
    this.#journal.write(
      together(
        insert,
        this.#events.insertion(session, "approval/requested", { approval }),
        this.#audit.insertion(toDeed(approval)),
      ),
    );
  }

  /**
   * What we decide: on disk when this returns.
   *
   * @throws WorkspaceError `STATE_NOT_WRITABLE`
   */
  decided(approval: Approval): void {
    this.#journal.now(this.#resolution(approval));
  }

  /** What was decided elsewhere, or by nobody. */
  closed(approval: Approval): void {
    this.#journal.write(this.#resolution(approval));
  }

  get(session: string, id: string): Approval | undefined {
    return this.#all("session = ? AND id = ?", session, id)[0]?.approval;
  }

  page(session: string, { states, after, limit }: ApprovalPage): StoredApproval[] {
    const filter = states.length === 0 ? "" : `AND state IN (${states.map(() => "?").join(", ")})`;
    return this.#all(`session = ? AND seq > ? ${filter} ORDER BY seq LIMIT ?`, session, after, ...states, limit);
  }

  /** All that nobody has answered, oldest first. */
  pending(session: string): Approval[] {
    return this.#all("session = ? AND state = 'pending' ORDER BY seq", session).map(({ approval }) => approval);
  }

  #resolution(approval: Approval): Operation {
    const { id, session, state } = approval;
    const text = JSON.stringify(approval);
    const update = (): undefined => {
      this.#database.prepare("UPDATE approvals SET state = ?, approval = ? WHERE id = ?").run(state, text, id);
      const seq = this.#retention.written(session, text.length);
      if (seq === undefined) return;
      this.#database
        .prepare("DELETE FROM approvals WHERE session = ? AND seq <= ? AND state <> 'pending'")
        .run(session, seq);
    };
    return together(
      update,
      this.#events.insertion(session, "approval/resolved", { approval }),
      this.#audit.insertion(toDeed(approval)),
    );
  }

  #all(where: string, ...values: (string | number)[]): StoredApproval[] {
    this.#journal.catchUp();
    return this.#database
      .prepare(`SELECT seq, approval FROM approvals WHERE ${where}`)
      .all(...values)
      .map((row) => ({ seq: Number(row["seq"]), approval: JSON.parse(String(row["approval"])) as Approval }));
  }
}

const actionOfState = {
  pending: "approval/requested",
  resolved: "approval/resolved",
  expired: "approval/expired",
} as const;

function toDeed({ id, session, kind, state, resolvedBy, ...rest }: Approval): Deed {
  const { turnId, command, directory, decision, comment } = rest;
  const known = Object.entries({ turnId, command, directory, decision, comment });
  return {
    // It is Codex that asks.
    actor: (resolvedBy as Actor | undefined) ?? "system",
    action: actionOfState[state],
    session,
    details: { approvalId: id, kind, ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) },
  };
}
