import type { DatabaseSync } from "node:sqlite";
import type { ItemEntry } from "@codex-workspace/api";
import type { Item, Turn } from "../codex/protocol.ts";
import type { Journal } from "./journal.ts";
import { itemWithoutImages } from "./released-images.ts";
import { type Kept, Retention } from "./retention.ts";
import { jsonOf, textOf } from "./row.ts";

export interface StoredItem extends ItemEntry {
  readonly seq: number;
}

export interface ItemPage {
  readonly types: readonly string[];
  readonly order: "asc" | "desc";
  /** Those beyond this one, in that order. */
  readonly cursor: number | undefined;
  readonly limit: number;
  /** JSON of the items in one page; a single item may have more. */
  readonly maxCharacters: number;
}

export interface FoundItems {
  readonly items: readonly StoredItem[];
  readonly hasMore: boolean;
}

/** Ids that Codex up to 0.140 makes up anew whenever it tells a thread's history. */
const madeUpId = /^item-\d+$/;

/**
 * Every item of the sessions' threads, as Codex told it last. Codex's own history is not enough: up to 0.140 it has no
 * commands, and what it has cannot be paged there.
 */
export class ItemStore {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;

  readonly #retention: Retention;

  constructor(database: DatabaseSync, journal: Journal, keptPerSession: Kept) {
    const rows = { table: "items", key: "seq", owner: "session", bytes: "octet_length(item)" } as const;
    this.#retention = new Retention(database, rows, keptPerSession);
    this.#database = database;
    this.#journal = journal;
  }

  /** An item as it is now: begun, or completed. Images of a user's message are not stored. */
  save(session: string, turnId: string, item: Item): void {
    const text = textOfItem(item);
    this.#journal.write(() => {
      this.#database
        .prepare(
          `INSERT INTO items (session, turn_id, item_id, type, item) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (session, turn_id, item_id) DO UPDATE SET item = excluded.item`,
        )
        .run(session, turnId, item.id, item.type, text);
      this.#prune(session, text.length);
      return undefined;
    });
  }

  /** The turns of a thread's history of which no item was removed. */
  kept(session: string, turns: readonly Turn[]): readonly Turn[] {
    this.#journal.catchUp();
    const row = this.#database.prepare("SELECT items_gone FROM sessions WHERE name = ?").get(session);
    const gone = row === undefined ? undefined : textOf(row, "items_gone");
    return turns.slice(turns.findIndex(({ id }) => id === gone) + 1);
  }

  /** What a turn's history has and we were never told, or only the beginning of. */
  missing(session: string, turn: Turn): Item[] {
    this.#journal.catchUp();
    const known = this.#database
      .prepare(
        `SELECT item_id, CASE WHEN json_extract(item, '$.completedAtMs') IS NULL THEN item END AS begun
         FROM items WHERE session = ? AND turn_id = ?`,
      )
      .all(session, turn.id);
    if (known.length === 0) return turn.items;
    const begun = new Map(known.map((row) => [String(row["item_id"]), textOf(row, "begun")]));
    return turn.items.filter((item) => {
      if (madeUpId.test(item.id)) return false;
      const text = begun.get(item.id);
      return begun.has(item.id) ? text !== undefined && text !== textOfItem(item) : true;
    });
  }

  /** An item as Codex told it last. */
  get(session: string, turnId: string, itemId: string): ItemEntry["item"] | undefined {
    this.#journal.catchUp();
    const row = this.#database
      .prepare("SELECT item FROM items WHERE session = ? AND turn_id = ? AND item_id = ?")
      .get(session, turnId, itemId);
    return row === undefined ? undefined : (jsonOf(row, "item") as ItemEntry["item"]);
  }

  #prune(session: string, bytes: number): void {
    const seq = this.#retention.written(session, bytes);
    if (seq === undefined) return;
    this.#database
      .prepare("UPDATE sessions SET items_gone = (SELECT turn_id FROM items WHERE seq = ?) WHERE name = ?")
      .run(seq, session);
    this.#database.prepare("DELETE FROM items WHERE session = ? AND seq <= ?").run(session, seq);
  }

  /** Items of a page, and whether there are more behind it. */
  page(session: string, { types, order, cursor, limit, maxCharacters }: ItemPage): FoundItems {
    this.#journal.catchUp();
    const ofTypes = types.length === 0 ? "" : `AND type IN (${types.map(() => "?").join(", ")})`;
    const [beyond, direction] = order === "asc" ? (["seq > ?", "ASC"] as const) : (["seq < ?", "DESC"] as const);
    const from = cursor ?? (order === "asc" ? 0 : Number.MAX_SAFE_INTEGER);
    const rows = this.#database
      .prepare(
        `SELECT seq, turn_id, item FROM items WHERE session = ? AND ${beyond} ${ofTypes} ORDER BY seq ${direction}`,
      )
      .iterate(session, from, ...types);
    const items: StoredItem[] = [];
    let characters = 0;
    for (const row of rows) {
      const text = String(row["item"]);
      characters += text.length;
      if (items.length === limit || (items.length > 0 && characters > maxCharacters)) return { items, hasMore: true };
      items.push({
        seq: Number(row["seq"]),
        turnId: String(row["turn_id"]),
        item: JSON.parse(text) as ItemEntry["item"],
      });
    }
    return { items, hasMore: false };
  }
}

/** The item as it is stored. */
function textOfItem(item: Item): string {
  return JSON.stringify(itemWithoutImages(item));
}
