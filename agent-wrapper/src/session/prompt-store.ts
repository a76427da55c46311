import { createHash } from "node:crypto";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { InterruptedBy, PromptRequest, PromptState, TokenUsage, TurnFailure } from "@codex-workspace/api";
import type { Actor, AuditLog, Deed } from "./audit-log.ts";
import type { EventLog } from "./event-log.ts";
import { type Journal, type Operation, together } from "./journal.ts";
import { type PromptQuota, type PromptUse, requireRoom } from "./prompt-quota.ts";
import { hasImages, type ReleasedImage, withoutImages } from "./released-images.ts";
import { type Kept, Retention } from "./retention.ts";
import { jsonOf, type Row, textOf } from "./row.ts";

export interface StoredPrompt {
  readonly seq: number;
  readonly id: string;
  readonly session: string;
  readonly request: StoredRequest;
  readonly state: PromptState;
  readonly turnId: string | undefined;
  readonly finalMessage: string | undefined;
  readonly usage: TokenUsage | undefined;
  readonly error: string | undefined;
  readonly failure: TurnFailure | undefined;
  readonly interruptedBy: InterruptedBy | undefined;
  /** Code of docs/errors.md, where one says what became of it. */
  readonly code: UncertainCode | undefined;
  readonly createdAt: string;
  readonly sentAt: string | undefined;
  readonly endedAt: string | undefined;
}

/** A request with its shorthands written out. */
export type StoredRequest = Omit<PromptRequest, "input"> & {
  readonly input: readonly (Exclude<PromptRequest["input"], string>[number] | ReleasedImage)[];
};

/** A prompt that is sent in. */
export interface NewPrompt {
  readonly id: string;
  readonly session: string;
  readonly request: StoredRequest;
  readonly sameKey?: string | undefined;
  readonly actor: Actor;
}

/** What somebody did to a prompt. */
type PromptDeed = Omit<Deed, "session">;

/** What became of a prompt. */
export interface PromptOutcome {
  readonly state: PromptState;
  readonly finalMessage?: string | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly error?: string | undefined;
  readonly failure?: TurnFailure | undefined;
  readonly interruptedBy?: InterruptedBy | undefined;
  readonly code?: UncertainCode | undefined;
}

type UncertainCode = "PROMPT_UNCERTAIN";

export interface PromptPage {
  readonly states: readonly PromptState[];
  /** Those that were sent in after this one. */
  readonly after: number;
  readonly limit: number;
}

/** The index of ended prompts has the same words. */
const hasEnded = "state NOT IN ('queued', 'sending', 'running')";

/** The prompts of all sessions. */
export class PromptStore {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;
  readonly #events: EventLog;
  /** As they are once the disk has taken what waits: a disk that is full for a while makes nobody read the past. */
  readonly #ahead = new Map<string, StoredPrompt>();
  readonly #audit: AuditLog;
  readonly #quota: PromptQuota | undefined;
  readonly #retention: Retention;

  constructor(
    database: DatabaseSync,
    journal: Journal,
    events: EventLog,
    audit: AuditLog,
    quota: PromptQuota | undefined,
    keptPerToken: Kept,
  ) {
    const rows = { table: "prompts", key: "seq", owner: "actor", bytes: "bytes", where: hasEnded } as const;
    this.#retention = new Retention(database, rows, keptPerToken);
    this.#quota = quota;
    this.#database = database;
    this.#journal = journal;
    this.#events = events;
    this.#audit = audit;
  }

  /**
   * On disk when this returns.
   *
   * @throws WorkspaceError `STATE_NOT_WRITABLE`, `PROMPT_STORE_FULL`, `TOO_MANY_PROMPTS`
   */
  add({ id, session, request, sameKey, actor }: NewPrompt): StoredPrompt {
    const text = JSON.stringify(request);
    const bytes = Buffer.byteLength(text);
    const values = [id, session, text, new Date().toISOString(), sameKey ?? null, actor, bytes];
    const sql =
      "INSERT INTO prompts (id, session, request, state, created_at, same_key, actor, bytes) " +
      "VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)";
    const details = { ...sizeOf(request), whenBusy: request.whenBusy };
    const insert = this.#change(id, sql, values, { actor, action: "prompt/accepted", details });
    this.#journal.now(() => {
      // The wrapper's own prompt is the spec's, and one a session.
      if (actor !== "system" && this.#quota !== undefined)
        requireRoom(this.#quota, this.#use(), this.#use(actor), bytes);
      return insert();
    });
    return this.#one("id = ?", id) as StoredPrompt;
  }

  get(session: string, id: string): StoredPrompt | undefined {
    return this.#one("session = ? AND id = ?", session, id);
  }

  /** The prompt that was added with this key. */
  withKey(session: string, sameKey: string): StoredPrompt | undefined {
    return this.#one("session = ? AND same_key = ?", session, sameKey);
  }

  /** Those that are neither finished nor given up, oldest first. */
  unfinished(session: string): StoredPrompt[] {
    this.#journal.catchUp();
    return this.#all("session = ? AND state IN ('queued', 'sending', 'running') ORDER BY seq", session);
  }

  page(session: string, { states, after, limit }: PromptPage): StoredPrompt[] {
    const wanted = states.map(() => "?").join(", ");
    const filter = states.length === 0 ? "" : `AND state IN (${wanted})`;
    this.#journal.catchUp();
    return this.#all(`session = ? AND seq > ? ${filter} ORDER BY seq LIMIT ?`, session, after, ...states, limit);
  }

  /**
   * On disk before Codex is asked, so that it is never asked twice.
   *
   * @throws WorkspaceError `STATE_NOT_WRITABLE`
   */
  sending(id: string): void {
    const sql = "UPDATE prompts SET state = 'sending', sent_at = ? WHERE id = ?";
    this.#journal.now(this.#change(id, sql, [new Date().toISOString(), id]));
  }

  /** Codex did not take it, for sure: it waits again. */
  queuedAgain(id: string): void {
    const sql = "UPDATE prompts SET state = 'queued', sent_at = NULL WHERE id = ?";
    this.#write(id, () => ({ state: "queued", sentAt: undefined }), this.#change(id, sql, [id]));
  }

  running(id: string, turnId: string): void {
    const sql = "UPDATE prompts SET state = 'running', turn_id = ? WHERE id = ?";
    this.#write(id, () => ({ state: "running", turnId }), this.#change(id, sql, [turnId, id]));
  }

  /** A prompt that was given up is in a turn: its end stays as it was told, and the turn is noted. */
  ranAfterAll(session: string, id: string, turnId: string): void {
    const prompt = this.get(session, id);
    if (prompt?.code !== "PROMPT_UNCERTAIN" || prompt.turnId !== undefined) return;
    this.#journal.write(() => {
      this.#database.prepare("UPDATE prompts SET turn_id = ? WHERE id = ?").run(turnId, id);
      return undefined;
    });
  }

  ended(id: string, outcome: PromptOutcome): void {
    const { state, finalMessage, usage, error, failure, interruptedBy, code } = outcome;
    const endedAt = new Date().toISOString();
    const [used, failed] = [usage, failure].map((value) => (value === undefined ? null : JSON.stringify(value)));
    const said = [finalMessage, used, error, failed, interruptedBy, code].map((value) => value ?? null);
    const values = [state, ...said, endedAt, id];
    const sql =
      "UPDATE prompts SET state = ?, final_message = ?, usage = ?, error = ?, failure = ?, interrupted_by = ?, " +
      "code = ?, ended_at = ? WHERE id = ?";
    const deed = { actor: "system", action: "prompt/ended", details: { state } } as const;
    const known = { state, finalMessage, usage, error, failure, interruptedBy, code, endedAt };
    this.#write(
      id,
      ({ request }) => ({ ...known, request: withoutImages(request) }),
      together(this.#change(id, sql, values, deed), this.#release(id), this.#prune(id)),
    );
  }

  /** A change that is seen at once, and is on disk as soon as the disk takes it. */
  #write(id: string, change: (before: StoredPrompt) => Partial<StoredPrompt>, operation: Operation): void {
    const before = this.#one("id = ?", id);
    if (before === undefined) return;
    const after = { ...before, ...change(before) };
    this.#ahead.set(id, after);
    this.#journal.write(() => {
      const told = operation();
      return () => {
        if (this.#ahead.get(id) === after) this.#ahead.delete(id);
        told?.();
      };
    });
  }

  /**
   * On disk when this returns.
   *
   * @throws WorkspaceError `STATE_NOT_WRITABLE`
   */
  cancelled(id: string, actor: Actor): void {
    const sql = "UPDATE prompts SET state = 'cancelled', ended_at = ? WHERE id = ?";
    const values = [new Date().toISOString(), id];
    const cancel = this.#change(id, sql, values, { actor, action: "prompt/cancelled" });
    this.#journal.now(together(cancel, this.#release(id), this.#prune(id)));
  }

  /** Takes the bytes of an ended prompt's images off the disk. */
  #release(id: string): Operation {
    return () => {
      const prompt = this.#database.prepare("SELECT request FROM prompts WHERE id = ?").get(id);
      const request = prompt === undefined ? undefined : (jsonOf(prompt, "request") as StoredRequest);
      if (request === undefined || !hasImages(request)) return undefined;
      const text = JSON.stringify(withoutImages(request));
      this.#database.prepare("UPDATE prompts SET request = ? WHERE id = ?").run(text, id);
      this.#database.exec("PRAGMA incremental_vacuum");
      return () => this.#journal.eraseLog();
    };
  }

  /** Removes the oldest prompts of the token whose prompt has ended. Prompts of the spec stay: each is sent once. */
  #prune(id: string): Operation {
    return () => {
      const size =
        "octet_length(request) + coalesce(octet_length(final_message), 0) + coalesce(octet_length(error), 0)";
      const row = this.#database
        .prepare(`UPDATE prompts SET bytes = ${size} WHERE id = ? RETURNING actor, bytes`)
        .get(id);
      const actor = row === undefined ? undefined : textOf(row, "actor");
      if (actor === undefined || actor === "system") return undefined;
      const seq = this.#retention.written(actor, Number(row?.["bytes"]));
      if (seq === undefined) return undefined;
      this.#database.prepare(`DELETE FROM prompts WHERE actor = ? AND seq <= ? AND ${hasEnded}`).run(actor, seq);
      return undefined;
    };
  }

  /** What prompts that have not ended take: all, or those of one token. */
  #use(actor?: Actor): PromptUse {
    const ofActor = actor === undefined ? "" : "AND actor = ?";
    const sql =
      "SELECT count(*) AS prompts, coalesce(sum(bytes), 0) AS bytes FROM prompts " +
      `WHERE state IN ('queued', 'sending', 'running') ${ofActor}`;
    const row = this.#database.prepare(sql).get(...(actor === undefined ? [] : [actor]));
    return { prompts: Number(row?.["prompts"]), bytes: Number(row?.["bytes"]) };
  }

  /** A write, the event that tells of it, and who did it where that is to be kept. */
  #change(id: string, sql: string, values: readonly SQLInputValue[], deed?: PromptDeed): Operation {
    return () => {
      this.#database.prepare(sql).run(...values);
      const columns = "session, state, turn_id, error, failure, interrupted_by";
      const row = this.#database.prepare(`SELECT ${columns} FROM prompts WHERE id = ?`).get(id);
      if (row === undefined) return undefined;
      const session = String(row["session"]);
      const [turnId, error, interruptedBy] = [
        textOf(row, "turn_id"),
        textOf(row, "error"),
        textOf(row, "interrupted_by"),
      ];
      const failure = jsonOf(row, "failure");
      const identity = { promptId: id, ...(turnId !== undefined && { turnId }) };
      const event = this.#events.insertion(session, "prompt/changed", {
        ...identity,
        state: String(row["state"]),
        ...(error !== undefined && { error }),
        ...(failure !== undefined && { failure }),
        ...(interruptedBy !== undefined && { interruptedBy }),
      });
      if (deed === undefined) return event();
      return together(event, this.#audit.insertion({ ...deed, session, details: { ...identity, ...deed.details } }))();
    };
  }

  #one(where: string, ...values: SQLInputValue[]): StoredPrompt | undefined {
    return this.#all(where, ...values)[0];
  }

  #all(where: string, ...values: SQLInputValue[]): StoredPrompt[] {
    return this.#database
      .prepare(`SELECT * FROM prompts WHERE ${where}`)
      .all(...values)
      .map((row) => this.#ahead.get(String(row["id"])) ?? toPrompt(row));
  }
}

/** The key of a session's initial prompt: each text is sent once in the life of the state. */
export function initialPromptKey(session: string, text: string): string {
  return `initial:${createHash("sha256").update(`${session}\0${text}`).digest("hex")}`;
}

/** The key of a prompt that a client sent with an `Idempotency-Key`: a token never finds the prompts of another one. */
export function clientKey(token: string, idempotencyKey: string): string {
  return `client:${JSON.stringify([token, idempotencyKey])}`;
}

/** How much is asked, not what. */
function sizeOf({ input }: StoredRequest): { readonly characters: number; readonly images?: number } {
  const characters = input.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
  const images = input.filter(({ type }) => type !== "text").length;
  return { characters, ...(images > 0 && { images }) };
}

function toPrompt(row: Row): StoredPrompt {
  return {
    seq: Number(row["seq"]),
    id: String(row["id"]),
    session: String(row["session"]),
    request: jsonOf(row, "request") as StoredRequest,
    state: String(row["state"]) as PromptState,
    turnId: textOf(row, "turn_id"),
    finalMessage: textOf(row, "final_message"),
    usage: jsonOf(row, "usage") as TokenUsage | undefined,
    error: textOf(row, "error"),
    failure: jsonOf(row, "failure") as TurnFailure | undefined,
    interruptedBy: textOf(row, "interrupted_by") as InterruptedBy | undefined,
    code: textOf(row, "code") as UncertainCode | undefined,
    createdAt: String(row["created_at"]),
    sentAt: textOf(row, "sent_at"),
    endedAt: textOf(row, "ended_at"),
  };
}
