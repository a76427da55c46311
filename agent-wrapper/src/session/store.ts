import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "./database.ts";
import { Journal } from "./journal.ts";
import { PromptStore } from "./prompt-store.ts";
import { SessionStore } from "./session-store.ts";

/** Everything the wrapper must remember, in one SQLite file that only it can read. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly sessions: SessionStore;
  readonly prompts: PromptStore;

  /** @throws WorkspaceError `STATE_UNREADABLE` */
  constructor(file: string, log: (message: string, details: object) => void) {
    this.#database = openDatabase(file);
    this.#journal = new Journal(this.#database, log);
    this.sessions = new SessionStore(this.#database, this.#journal);
    this.prompts = new PromptStore(this.#database, this.#journal);
  }

  /** Forgets a session's thread, and that its initial prompt was added; what else waits still waits. */
  beginAnew(session: string): void {
    this.#journal.now(() => {
      for (const statement of [
        "DELETE FROM prompts WHERE session = ? AND state = 'queued' AND same_key LIKE 'initial:%'",
        "UPDATE prompts SET same_key = NULL WHERE session = ? AND same_key LIKE 'initial:%'",
        "UPDATE sessions SET thread_id = NULL, restore = NULL WHERE name = ?",
      ]) {
        this.#database.prepare(statement).run(session);
      }
    });
  }

  close(): void {
    this.#journal.close();
    this.#database.close();
  }
}
