import type { DatabaseSync } from "node:sqlite";
import type { SessionSettings } from "@codex-workspace/api";
import type { Actor, AuditLog, Deed } from "./audit-log.ts";
import { type Journal, together } from "./journal.ts";
import { jsonOf, type Row, textOf } from "./row.ts";

/** Model and effort of a thread. */
export interface ModelChoice {
  readonly model: string;
  readonly effort: string | null;
}

export interface StoredSession {
  readonly name: string;
  readonly createdAt: Date;
  readonly threadId: string | undefined;
  readonly queuePaused: boolean;
  /** What it has of its own. */
  readonly settings: SessionSettings;
  readonly archived: boolean;
  /** What to go back to, while a prompt's own model or effort is in force. */
  readonly restore: ModelChoice | undefined;
}

/** A session that somebody begins. */
export interface NewSession {
  readonly name: string;
  readonly settings: SessionSettings;
  readonly actor: Actor;
  /** Whose history it has, and its thread with that history. */
  readonly forkOf?: { readonly session: string; readonly threadId: string } | undefined;
}

/** What is known of each session beside its thread. */
export class SessionStore {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #audit: AuditLog;

  constructor(database: DatabaseSync, journal: Journal, audit: AuditLog) {
    this.#database = database;
    this.#journal = journal;
    this.#audit = audit;
  }

  get(name: string): StoredSession | undefined {
    const row = this.#database.prepare("SELECT * FROM sessions WHERE name = ?").get(name);
    return row === undefined ? undefined : toSession(row);
  }

  /** All of them, oldest first. */
  all(): StoredSession[] {
    return this.#database.prepare("SELECT * FROM sessions ORDER BY created_at, name").all().map(toSession);
  }

  /** @throws WorkspaceError `STATE_NOT_WRITABLE` */
  add({ name, settings, actor, forkOf }: NewSession): void {
    const insert = (): undefined => {
      this.#database
        .prepare("INSERT INTO sessions (name, created_at, settings, thread_id) VALUES (?, ?, ?, ?)")
        .run(name, new Date().toISOString(), JSON.stringify(settings), forkOf?.threadId ?? null);
    };
    const deed: Deed =
      forkOf === undefined
        ? { actor, action: "session/created", session: name }
        : { actor, action: "session/forked", session: name, details: { from: forkOf.session } };
    this.#journal.now(together(insert, this.#audit.insertion(deed)));
  }

  /** The session of that name; a new one where there is none. */
  ensure(name: string): StoredSession {
    const known = this.get(name);
    if (known !== undefined) return known;
    this.add({ name, settings: {}, actor: "system" });
    return this.get(name) as StoredSession;
  }

  saveThread(name: string, threadId: string): void {
    this.#set(name, "thread_id", threadId);
  }

  savePaused(session: string, paused: boolean, actor: Actor): void {
    const action = paused ? "queue/paused" : "queue/resumed";
    this.#set(session, "queue_paused", paused ? 1 : 0, { actor, action, session });
  }

  saveRestore(name: string, choice: ModelChoice | undefined): void {
    this.#set(name, "restore", choice === undefined ? null : JSON.stringify(choice));
  }

  saveArchived(session: string, archived: boolean, actor: Actor): void {
    const action = archived ? "session/archived" : "session/unarchived";
    this.#set(session, "archived", archived ? 1 : 0, { actor, action, session });
  }

  #set(
    name: string,
    column: "thread_id" | "queue_paused" | "restore" | "archived",
    value: string | number | null,
    deed?: Deed,
  ): void {
    const update = (): undefined => {
      this.#database.prepare(`UPDATE sessions SET ${column} = ? WHERE name = ?`).run(value, name);
    };
    this.#journal.now(deed === undefined ? update : together(update, this.#audit.insertion(deed)));
  }
}

function toSession(row: Row): StoredSession {
  return {
    name: String(row["name"]),
    createdAt: new Date(String(row["created_at"])),
    threadId: textOf(row, "thread_id"),
    queuePaused: row["queue_paused"] === 1,
    settings: jsonOf(row, "settings") as SessionSettings,
    archived: row["archived"] === 1,
    restore: jsonOf(row, "restore") as ModelChoice | undefined,
  };
}
