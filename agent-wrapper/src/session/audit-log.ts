import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import type { DatabaseSync } from "node:sqlite";
import {
  type AuditAction,
  type AuditEntry,
  auditBeginning,
  auditRowOf,
  type UnsealedAuditEntry,
} from "@codex-workspace/api";
import type { Journal, Operation } from "./journal.ts";
import { jsonOf, type Row, textOf } from "./row.ts";

/**
 * A token's owner, the person at the terminal, the wrapper by itself, or somebody who came neither to us nor by our
 * terminal.
 */
export type Actor = `token:${string}` | "terminal" | "system" | "unknown";

/** What somebody did, or what happened by itself. */
export interface Deed {
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly session?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface AuditLogEvents {
  /** It is on disk. */
  entry: [AuditEntry];
}

/**
 * Who did what and when. Entries are only ever added, and each holds the hash of the one before it: whoever changes or
 * removes one breaks the chain from there on.
 */
export class AuditLog extends EventEmitter<AuditLogEvents> {
  readonly #database: DatabaseSync;
  readonly #journal: Journal;

  constructor(database: DatabaseSync, journal: Journal) {
    super();
    this.#database = database;
    this.#journal = journal;
  }

  /** On disk at the end of this tick, or as soon as the disk takes it. */
  append(deed: Deed): void {
    this.#journal.write(this.insertion(deed));
  }

  /**
   * On disk when this returns: for what is done only then.
   *
   * @throws WorkspaceError `STATE_NOT_WRITABLE`
   */
  record(deed: Deed): void {
    this.#journal.now(this.insertion(deed));
  }

  /** The same as a part of somebody else's write: there is no deed without its entry. */
  insertion({ actor, action, session, details = {} }: Deed): Operation {
    const time = new Date().toISOString();
    return () => {
      const last = this.#database.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").get();
      const unsealed = {
        seq: Number(last?.["seq"] ?? 0) + 1,
        time,
        actor,
        action,
        ...(session !== undefined && { session }),
        details,
        previousHash: String(last?.["hash"] ?? auditBeginning),
      };
      const entry = { ...unsealed, hash: hashOf(unsealed) };
      this.#database
        .prepare(
          "INSERT INTO audit (seq, time, actor, action, session, details, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .run(entry.seq, time, actor, action, session ?? null, JSON.stringify(details), entry.previousHash, entry.hash);
      return () => this.emit("entry", entry);
    };
  }

  /** Entries after one, in their order. */
  read(after: number, limit: number): AuditEntry[] {
    this.#journal.catchUp();
    return this.#database
      .prepare("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
      .all(after, limit)
      .map(toEntry);
  }
}

function hashOf(entry: UnsealedAuditEntry): string {
  return createHash("sha256").update(auditRowOf(entry)).digest("hex");
}

function toEntry(row: Row): AuditEntry {
  const session = textOf(row, "session");
  return {
    seq: Number(row["seq"]),
    time: String(row["time"]),
    actor: String(row["actor"]),
    action: String(row["action"]),
    ...(session !== undefined && { session }),
    details: jsonOf(row, "details") as AuditEntry["details"],
    previousHash: String(row["previous_hash"]),
    hash: String(row["hash"]),
  };
}
