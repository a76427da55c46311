import type { DatabaseSync } from "node:sqlite";

/** How much is kept of one owner: a session or a token. */
export interface Kept {
  readonly rows: number;
  readonly bytes: number;
}

/** Rows of which each owner's oldest ones are removed. */
export interface RetainedRows {
  readonly table: "prompts" | "items" | "events" | "approvals";
  /** Column that grows. */
  readonly key: "seq" | "id";
  readonly owner: "session" | "actor";
  /** SQL of a row's size in bytes. */
  readonly bytes: string;
  /** SQL of the rows that may go. @default - all */
  readonly where?: string;
}

/** Shares of what is kept after which an owner's oldest rows are looked at: a look reads the size of every row. */
const lookAfter: Kept = { rows: 1 / 40, bytes: 1 / 8 };

/** Says which rows are beyond what is kept. The newest row always stays. */
export class Retention {
  readonly #database: DatabaseSync;
  readonly #sql: string;
  readonly #kept: Kept;
  readonly #sinceLook = new Map<string, Kept>();

  constructor(database: DatabaseSync, { table, key, owner, bytes, where = "TRUE" }: RetainedRows, kept: Kept) {
    this.#database = database;
    this.#kept = kept;
    this.#sql = `SELECT max(key) AS newest FROM (
        SELECT ${key} AS key, row_number() OVER newer AS place, sum(${bytes}) OVER newer AS total
        FROM ${table} WHERE ${owner} = ? AND ${where} WINDOW newer AS (ORDER BY ${key} DESC)
      ) WHERE place > 1 AND (place > ? OR total > ?)`;
  }

  /** Counts a row that was written; returns the key up to which the owner's rows are to be removed, when any are. */
  written(owner: string, bytes: number): number | undefined {
    const before = this.#sinceLook.get(owner) ?? { rows: 0, bytes: 0 };
    const since = { rows: before.rows + 1, bytes: before.bytes + bytes };
    const { rows, bytes: maxBytes } = this.#kept;
    const isDue = since.rows >= rows * lookAfter.rows || since.bytes >= maxBytes * lookAfter.bytes;
    this.#sinceLook.set(owner, isDue ? { rows: 0, bytes: 0 } : since);
    if (!isDue) return undefined;
    const newest = this.#database.prepare(this.#sql).get(owner, this.#kept.rows, this.#kept.bytes)?.["newest"];
    return typeof newest === "number" ? newest : undefined;
  }
}
