import type { DatabaseSync } from "node:sqlite";
import type { SessionSettings } from "@codex-workspace/api";
import type { Journal } from "./journal.ts";
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

/** What is known of each session beside its thread. */
export class SessionStore {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;

  constructor(database: DatabaseSync, journal: Journal) {
    this.#database = database;
    this.#journal = journal;
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
  add(name: string, settings: SessionSettings, threadId: string | undefined): void {
    const insert = this.#database.prepare(
      "INSERT INTO sessions (name, created_at, settings, thread_id) VALUES (?, ?, ?, ?)",
    );
    this.#journal.now(() => {
      insert.run(name, new Date().toISOString(), JSON.stringify(settings), threadId ?? null);
      return undefined;
    });
  }

  /** The session of that name; a new one where there is none. */
  ensure(name: string): StoredSession {
    const known = this.get(name);
    if (known !== undefined) return known;
    this.add(name, {}, undefined);
    return this.get(name) as StoredSession;
  }

  saveThread(name: string, threadId: string): void {
    this.#set(name, "thread_id", threadId);
  }

  savePaused(name: string, paused: boolean): void {
    this.#set(name, "queue_paused", paused ? 1 : 0);
  }

  saveRestore(name: string, choice: ModelChoice | undefined): void {
    this.#set(name, "restore", choice === undefined ? null : JSON.stringify(choice));
  }

  saveArchived(name: string, archived: boolean): void {
    this.#set(name, "archived", archived ? 1 : 0);
  }

  #set(
    name: string,
    column: "thread_id" | "queue_paused" | "restore" | "archived",
    value: string | number | null,
  ): void {
    const update = this.#database.prepare(`UPDATE sessions SET ${column} = ? WHERE name = ?`);
    this.#journal.now(() => {
      update.run(value, name);
      return undefined;
    });
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
