import type { DatabaseSync } from "node:sqlite";
import { WorkspaceError } from "@codex-workspace/core";

/** How long after a write that failed it is tried again. */
const retryMs = 1_000;
/** SQLite's result codes for a disk that is full and for one that fails. */
const sqliteFull = 13;
const sqliteIoError = 10;

/** A write, inside a transaction. What it returns is done once it is on disk. */
export type Operation = () => (() => void) | undefined;

/** Several writes as one, in their order. */
export function together(...operations: readonly Operation[]): Operation {
  return () => {
    const afterwards = operations.map((operation) => operation());
    return () => {
      for (const act of afterwards) act?.();
    };
  };
}

/**
 * Writes in the order in which they were asked for. Those of one tick share a transaction; `now` waits for nobody. A write
 * that fails stays first in line and is tried again, so that nothing is skipped over.
 */
export class Journal {
  readonly #database: DatabaseSync;
  readonly #log: (message: string, details: object) => void;
  #waiting: Operation[] = [];
  #endOfTick: NodeJS.Immediate | undefined;
  #retry: NodeJS.Timeout | undefined;
  #logToErase = false;

  constructor(database: DatabaseSync, log: (message: string, details: object) => void) {
    this.#database = database;
    this.#log = log;
  }

  /** On disk at the end of this tick, or as soon as the disk takes it. */
  write(operation: Operation): void {
    this.#waiting.push(operation);
    this.#endOfTick ??= setImmediate(() => {
      this.#endOfTick = undefined;
      this.#writeWaiting();
    });
  }

  /**
   * On disk when this returns, after what was asked for before; not done at all when it throws.
   *
   * @throws WorkspaceError `STATE_NOT_WRITABLE`
   */
  now(operation: Operation): void {
    try {
      this.flush();
      this.#transaction([operation]);
    } catch (error) {
      throw isDiskFailure(error)
        ? new WorkspaceError(`the workspace's state cannot be written: ${(error as Error).message}`, {
            code: "STATE_NOT_WRITABLE",
            remedy: "Make room on the disk that holds the state, then send it again.",
            cause: error,
          })
        : error;
    }
  }

  /** So that a reader sees what was asked for before, unless the disk refuses it. */
  catchUp(): void {
    if (this.#waiting.length > 0) this.#writeWaiting();
  }

  /** Takes deleted content out of SQLite's write-ahead log, which would keep the content until other writes replace it. */
  eraseLog(): void {
    this.#logToErase = true;
    try {
      // A reader of the file that is not ours can be in the way.
      this.#logToErase = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] !== 0;
    } catch (error) {
      this.#log("the log of the workspace's state cannot be erased", { error: String(error) });
    }
    if (this.#logToErase) this.#retryLater();
  }

  /** Writes what waits. Throws what SQLite says; then it waits on. */
  flush(): void {
    const operations = this.#waiting;
    if (operations.length === 0) return;
    this.#waiting = [];
    try {
      this.#transaction(operations);
    } catch (error) {
      this.#waiting = [...operations, ...this.#waiting];
      throw error;
    }
  }

  /** Writes what waits, if it can be written. */
  close(): void {
    this.#writeWaiting();
    clearImmediate(this.#endOfTick);
    clearTimeout(this.#retry);
  }

  #writeWaiting(): void {
    try {
      this.flush();
    } catch (error) {
      this.#log("the workspace's state cannot be written", { error: String(error) });
      this.#retryLater();
    }
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#writeWaiting();
      if (this.#logToErase) this.eraseLog();
    }, retryMs).unref();
  }

  #transaction(operations: readonly Operation[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    let afterwards: ((() => void) | undefined)[];
    try {
      afterwards = operations.map((operation) => operation());
      this.#database.exec("COMMIT");
    } catch (error) {
      // A disk that is full has rolled it back already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    for (const act of afterwards) act?.();
  }
}

function isDiskFailure(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode;
  // Extended codes have the kind in their lowest byte.
  return typeof code === "number" && [sqliteFull, sqliteIoError].includes(code & 0xff);
}
