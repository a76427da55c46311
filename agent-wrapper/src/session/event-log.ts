import { EventEmitter } from "node:events";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SessionEventData, SessionEventType } from "@codex-workspace/api";
import type { Journal, Operation } from "./journal.ts";
import { eventWithoutImages } from "./released-images.ts";
import { type Kept, Retention } from "./retention.ts";

/** An event as its subscribers get it: on disk, but for those that have no id. */
export interface LoggedEvent {
  readonly id: number | undefined;
  readonly session: string;
  readonly type: SessionEventType;
  /** JSON. */
  readonly data: string;
}

export interface PieceOptions {
  /** Bytes of the event's data that come before the piece. */
  readonly offset: number;
  readonly maxBytes: number;
}

/** A part of an event on disk. */
export interface EventPiece {
  readonly id: number;
  readonly type: SessionEventType;
  /** Bytes of the event's whole data. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface PieceAfter {
  readonly goneUpTo: number;
  readonly piece: EventPiece | undefined;
}

interface EventLogEvents {
  event: [LoggedEvent];
}

/** What happens in the sessions, each event under an id that grows and is never given again. */
export class EventLog extends EventEmitter<EventLogEvents> {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #retention: Retention;
  #pieceAfter: StatementSync | undefined;
  #lastLarge: { readonly id: number; readonly bytes: WeakRef<Uint8Array> } | undefined;

  constructor(database: DatabaseSync, journal: Journal, keptPerSession: Kept) {
    super();
    this.setMaxListeners(0);
    this.#database = database;
    this.#journal = journal;
    const rows = { table: "events", key: "id", owner: "session", bytes: "octet_length(data)" } as const;
    this.#retention = new Retention(database, rows, keptPerSession);
  }

  /** Subscribers see it when it is on disk: at the end of this tick. Nobody gets the images of a user's message. */
  append<T extends SessionEventType>(session: string, type: T, data: Omit<SessionEventData[T], "time">): void {
    this.#journal.write(this.insertion(session, type, data));
  }

  /** The same as a part of somebody else's write. */
  insertion<T extends SessionEventType>(session: string, type: T, data: Omit<SessionEventData[T], "time">): Operation {
    const text = timed(eventWithoutImages(data));
    return () => {
      const { lastInsertRowid } = this.#database
        .prepare("INSERT INTO events (session, type, data) VALUES (?, ?, ?)")
        .run(session, type, text);
      this.#prune(session, text.length);
      return () => this.emit("event", { id: Number(lastInsertRowid), session, type, data: text });
    };
  }

  /** For those who listen now; it is kept nowhere. Comes in its order among the others. */
  pass<T extends SessionEventType>(session: string, type: T, data: Omit<SessionEventData[T], "time">): void {
    this.#journal.write(() => () => this.emit("event", { id: undefined, session, type, data: timed(data) }));
  }

  /**
   * Returns a part of the first event of a session after an id, from `offset` on, and the id up to which events are not
   * kept any more: only after that id nothing is missing.
   */
  pieceAfter(session: string, after: number, { offset, maxBytes }: PieceOptions): PieceAfter {
    this.#journal.catchUp();
    this.#pieceAfter ??= this.#database.prepare(
      `SELECT coalesce((SELECT events_gone FROM sessions WHERE name = :session), 0) AS gone,
              id, type, octet_length(data) AS size, iif(octet_length(data) <= :maxBytes, CAST(data AS BLOB), NULL) AS small
       FROM (SELECT 1) LEFT JOIN events
         ON id = (SELECT id FROM events WHERE session = :session AND id > :after ORDER BY id LIMIT 1)`,
    );
    const row = this.#pieceAfter.get({ session, after, maxBytes });
    const goneUpTo = Number(row?.["gone"]);
    if (row === undefined || row["id"] === null) return { goneUpTo, piece: undefined };
    const [id, type] = [Number(row["id"]), String(row["type"]) as SessionEventType];
    const bytes = ((row["small"] as Uint8Array | null) ?? this.#large(id)).subarray(offset, offset + maxBytes);
    return { goneUpTo, piece: { id, type, size: Number(row["size"]), bytes } };
  }

  /** SQLite reads a large value whole, also for a part of it: readers of the same event share what was read last. */
  #large(id: number): Uint8Array {
    const known = this.#lastLarge?.id === id ? this.#lastLarge.bytes.deref() : undefined;
    if (known !== undefined) return known;
    const row = this.#database.prepare("SELECT CAST(data AS BLOB) AS bytes FROM events WHERE id = ?").get(id);
    const bytes = row?.["bytes"] as Uint8Array;
    this.#lastLarge = { id, bytes: new WeakRef(bytes) };
    return bytes;
  }

  /** The last one of some types. */
  last(session: string, types: readonly SessionEventType[]): LoggedEvent | undefined {
    this.#journal.catchUp();
    const row = this.#database
      .prepare(
        `SELECT id, type, data FROM events WHERE session = ? AND type IN (${types.map(() => "?").join(", ")})
         ORDER BY id DESC LIMIT 1`,
      )
      .get(session, ...types);
    if (row === undefined) return undefined;
    return { id: Number(row["id"]), session, type: String(row["type"]) as SessionEventType, data: String(row["data"]) };
  }

  /** The id that was given last, in any session; 0 before the first. */
  get lastId(): number {
    this.#journal.catchUp();
    const row = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
    return Number(row?.["seq"] ?? 0);
  }

  /** The last one of a session's that is not kept any more: only after this id nothing is missing. */
  goneUpTo(session: string): number {
    this.#journal.catchUp();
    return Number(
      this.#database.prepare("SELECT events_gone FROM sessions WHERE name = ?").get(session)?.["events_gone"] ?? 0,
    );
  }

  #prune(session: string, bytes: number): void {
    const id = this.#retention.written(session, bytes);
    if (id === undefined) return;
    this.#database.prepare("DELETE FROM events WHERE session = ? AND id <= ?").run(session, id);
    this.#database.prepare("UPDATE sessions SET events_gone = ? WHERE name = ?").run(id, session);
  }
}

function timed(data: object): string {
  return JSON.stringify({ time: new Date().toISOString(), ...data });
}
