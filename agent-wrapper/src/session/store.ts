import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";

/**
 * A prompt's life. `sending`: handed to Codex, which has not said yet that it took it; after a crash only Codex's
 * history can tell. `interrupted`: it may have run, so it is never sent again.
 */
export type PromptState = "queued" | "sending" | "running" | "completed" | "failed" | "interrupted";

export interface StoredPrompt {
  readonly id: string;
  readonly session: string;
  readonly text: string;
  readonly state: PromptState;
  readonly createdAt: Date;
}

const schema = `
  CREATE TABLE IF NOT EXISTS sessions (
    name TEXT PRIMARY KEY,
    thread_id TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS prompts (
    id TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    turn_id TEXT,
    initial_hash TEXT UNIQUE,
    created_at TEXT NOT NULL
  ) STRICT;
`;

/** Everything the wrapper must remember, in one SQLite file that only it can read. */
export class Store {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    this.#database.exec(schema);
  }

  session(name: string): { readonly threadId: string; readonly createdAt: Date } | undefined {
    const row = this.#database.prepare("SELECT thread_id, created_at FROM sessions WHERE name = ?").get(name);
    return row === undefined
      ? undefined
      : { threadId: String(row["thread_id"]), createdAt: new Date(String(row["created_at"])) };
  }

  saveSession(name: string, threadId: string, createdAt: Date): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO sessions (name, thread_id, created_at) VALUES (?, ?, ?)")
      .run(name, threadId, createdAt.toISOString());
  }

  /** Forgets a session's thread, and that its initial prompt was added; what else waits still waits. */
  beginAnew(session: string): void {
    this.#database.exec("BEGIN IMMEDIATE");
    for (const statement of [
      "DELETE FROM prompts WHERE session = ? AND state = 'queued' AND initial_hash IS NOT NULL",
      "UPDATE prompts SET initial_hash = NULL WHERE session = ?",
      "DELETE FROM sessions WHERE name = ?",
    ]) {
      this.#database.prepare(statement).run(session);
    }
    this.#database.exec("COMMIT");
  }

  /** On disk when this returns. */
  add(prompt: {
    readonly id: string;
    readonly session: string;
    readonly text: string;
    readonly state: PromptState;
  }): void {
    this.#insert(prompt, null);
  }

  /** Adds a session's initial prompt, unless the same text was added before: `true` when it is new. */
  addInitial(prompt: { readonly id: string; readonly session: string; readonly text: string }): boolean {
    const hash = createHash("sha256").update(`${prompt.session}\0${prompt.text}`).digest("hex");
    return this.#insert({ ...prompt, state: "queued" }, hash) === 1;
  }

  #insert(
    { id, session, text, state }: { id: string; session: string; text: string; state: PromptState },
    initialHash: string | null,
  ): number {
    const { changes } = this.#database
      .prepare(
        "INSERT INTO prompts (id, session, text, state, initial_hash, created_at) VALUES (?, ?, ?, ?, ?, ?) " +
          "ON CONFLICT (initial_hash) DO NOTHING",
      )
      .run(id, session, text, state, initialHash, new Date().toISOString());
    return Number(changes);
  }

  setState(id: string, state: PromptState): void {
    this.#database.prepare("UPDATE prompts SET state = ? WHERE id = ?").run(state, id);
  }

  started(id: string, turnId: string): void {
    this.#database.prepare("UPDATE prompts SET state = 'running', turn_id = ? WHERE id = ?").run(turnId, id);
  }

  /** What became of a turn is what became of its prompts. */
  turnEnded(turnId: string, state: PromptState): void {
    this.#database.prepare("UPDATE prompts SET state = ? WHERE turn_id = ? AND state = 'running'").run(state, turnId);
  }

  /** Prompts that are neither finished nor given up, oldest first. */
  unfinished(session: string): StoredPrompt[] {
    return this.#database
      .prepare(
        "SELECT id, session, text, state, created_at FROM prompts " +
          "WHERE session = ? AND state IN ('queued', 'sending', 'running') ORDER BY created_at, rowid",
      )
      .all(session)
      .map((row) => ({
        id: String(row["id"]),
        session: String(row["session"]),
        text: String(row["text"]),
        state: String(row["state"]) as PromptState,
        createdAt: new Date(String(row["created_at"])),
      }));
  }

  close(): void {
    this.#database.close();
  }
}
