import { EventEmitter } from "node:events";
import type { DatabaseSync } from "node:sqlite";
import type { SessionEventData, SessionEventType } from "@codex-workspace/api";
import type { Journal, Operation } from "./journal.ts";

/** An event as its subscribers get it: on disk, but for those that have no id. */
export interface LoggedEvent {
  readonly id: number | undefined;
  readonly session: string;
  readonly type: SessionEventType;
  /** JSON. */
  readonly data: string;
}

interface EventLogEvents {
  event: [LoggedEvent];
}

/** How often a session's oldest events are looked at, in events. */
const pruneEvery = 500;

/** What happens in the sessions, each event under an id that grows and is never given again. */
export class EventLog extends EventEmitter<EventLogEvents> {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #keptPerSession: number;
  readonly #sincePruned = new Map<string, number>();

  constructor(database: DatabaseSync, journal: Journal, keptPerSession: number) {
    super();
    this.setMaxListeners(0);
    this.#database = database;
    this.#journal = journal;
    this.#keptPerSession = keptPerSession;
  }

  /** Subscribers see it when it is on disk: at the end of this tick. */
  append<T extends SessionEventType>(session: string, type: T, data: Omit<SessionEventData[T], "time">): void {
    this.#journal.write(this.insertion(session, type, data));
  }

  /** The same as a part of somebody else's write. */
  insertion<T extends SessionEventType>(session: string, type: T, data: Omit<SessionEventData[T], "time">): Operation {
    const text = timed(data);
    return () => {
      const { lastInsertRowid } = this.#database
        .prepare("INSERT INTO events (session, type, data) VALUES (?, ?, ?)")
        .run(session, type, text);
      this.#prune(session);
      return () => this.emit("event", { id: Number(lastInsertRowid), session, type, data: text });
    };
  }

  /** For those who listen now; it is kept nowhere. Comes in its order among the others. */
  pass<T extends SessionEventType>(session: string, type: T, data: Omit<SessionEventData[T], "time">): void {
    this.#journal.write(() => () => this.emit("event", { id: undefined, session, type, data: timed(data) }));
  }

  /** A session's events that came after this one. */
  read(session: string, after: number, limit: number): LoggedEvent[] {
    this.#journal.catchUp();
    return this.#database
      .prepare("SELECT id, type, data FROM events WHERE session = ? AND id > ? ORDER BY id LIMIT ?")
      .all(session, after, limit)
      .map(({ id, type, data }) => ({
        id: Number(id),
        session,
        type: String(type) as SessionEventType,
        data: String(data),
      }));
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

  #prune(session: string): void {
    const since = (this.#sincePruned.get(session) ?? 0) + 1;
    this.#sincePruned.set(session, since % pruneEvery);
    if (since < pruneEvery) return;
    const newest = this.#database
      .prepare("SELECT id FROM events WHERE session = ? ORDER BY id DESC LIMIT 1 OFFSET ?")
      .get(session, this.#keptPerSession);
    if (newest === undefined) return;
    const id = Number(newest["id"]);
    this.#database.prepare("DELETE FROM events WHERE session = ? AND id <= ?").run(session, id);
    this.#database.prepare("UPDATE sessions SET events_gone = ? WHERE name = ?").run(id, session);
  }
}

function timed(data: object): string {
  return JSON.stringify({ time: new Date().toISOString(), ...data });
}
