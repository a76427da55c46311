import { DatabaseSync } from "node:sqlite";
import { WorkspaceError } from "@codex-workspace/core";
import { eventWithoutImages, itemWithoutImages, withoutImages } from "./released-images.ts";

/** What makes each format out of the one before it; `user_version` counts those that were done. */
const migrations: readonly string[] = [
  // Files of the first release carry no number: what they have is taken as it is.
  `CREATE TABLE IF NOT EXISTS sessions (
     name TEXT PRIMARY KEY, thread_id TEXT NOT NULL, created_at TEXT NOT NULL
   ) STRICT;
   CREATE TABLE IF NOT EXISTS prompts (
     id TEXT PRIMARY KEY, session TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL, turn_id TEXT,
     initial_hash TEXT UNIQUE, created_at TEXT NOT NULL
   ) STRICT;`,

  `ALTER TABLE sessions RENAME TO old_sessions;
   CREATE TABLE sessions (
     name TEXT PRIMARY KEY,
     created_at TEXT NOT NULL,
     thread_id TEXT,
     queue_paused INTEGER NOT NULL DEFAULT 0,
     -- Model and effort to go back to, while a prompt's own are in force. JSON.
     restore TEXT
   ) STRICT;
   INSERT INTO sessions (name, created_at, thread_id) SELECT name, created_at, thread_id FROM old_sessions;
   DROP TABLE old_sessions;

   ALTER TABLE prompts RENAME TO old_prompts;
   CREATE TABLE prompts (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     session TEXT NOT NULL,
     request TEXT NOT NULL,
     state TEXT NOT NULL,
     turn_id TEXT,
     final_message TEXT,
     usage TEXT,
     error TEXT,
     created_at TEXT NOT NULL,
     sent_at TEXT,
     ended_at TEXT,
     -- Whatever has the same key in the same session is the same prompt; its body must be the same then.
     same_key TEXT,
     UNIQUE (session, same_key)
   ) STRICT;
   CREATE INDEX prompts_by_state ON prompts (session, state);
   CREATE INDEX prompts_by_turn ON prompts (turn_id);
   INSERT INTO prompts (id, session, request, state, turn_id, created_at, same_key)
     SELECT id, session, json_object('input', json_array(json_object('type', 'text', 'text', text)), 'whenBusy', 'queue'),
            state, turn_id, created_at, 'initial:' || initial_hash
     FROM old_prompts ORDER BY created_at, rowid;
   DROP TABLE old_prompts;`,

  // AUTOINCREMENT: the id of an event that is gone is never given again.
  `CREATE TABLE events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     session TEXT NOT NULL,
     type TEXT NOT NULL,
     data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_session ON events (session, id);
   ALTER TABLE sessions ADD COLUMN events_gone INTEGER NOT NULL DEFAULT 0;

   CREATE TABLE items (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     session TEXT NOT NULL,
     turn_id TEXT NOT NULL,
     item_id TEXT NOT NULL,
     type TEXT NOT NULL,
     item TEXT NOT NULL,
     UNIQUE (session, turn_id, item_id)
   ) STRICT;
   CREATE INDEX items_by_session ON items (session, seq);
   CREATE INDEX items_by_type ON items (session, type, seq);`,

  // What a session has of its own, as JSON.
  `ALTER TABLE sessions ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
   ALTER TABLE sessions ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;`,

  // `approval` is JSON, as it is shown.
  `CREATE TABLE approvals (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     session TEXT NOT NULL,
     state TEXT NOT NULL,
     approval TEXT NOT NULL
   ) STRICT;
   CREATE INDEX approvals_by_state ON approvals (session, state);`,

  `CREATE TABLE audit (
     seq INTEGER PRIMARY KEY,
     time TEXT NOT NULL,
     actor TEXT NOT NULL,
     action TEXT NOT NULL,
     session TEXT,
     details TEXT NOT NULL,
     previous_hash TEXT NOT NULL,
     hash TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
   CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;`,

  // `day` is of UTC, such as 2027-01-31.
  `CREATE TABLE day_tokens (day TEXT PRIMARY KEY, used INTEGER NOT NULL) STRICT;
   CREATE TABLE thread_tokens (thread_id TEXT PRIMARY KEY, counted INTEGER NOT NULL) STRICT;`,

  // A code of docs/errors.md.
  `ALTER TABLE prompts ADD COLUMN code TEXT;`,

  // Who sent it, as in the audit trail; prompts of earlier releases are nobody's.
  `ALTER TABLE prompts ADD COLUMN actor TEXT;
   ALTER TABLE prompts ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
   UPDATE prompts SET bytes = length(CAST(request AS BLOB));
   CREATE INDEX prompts_unended ON prompts (actor, bytes) WHERE state IN ('queued', 'sending', 'running');`,

  // Why it failed, as JSON; the cause of an interruption.
  `ALTER TABLE prompts ADD COLUMN failure TEXT;
   ALTER TABLE prompts ADD COLUMN interrupted_by TEXT;`,

  // The turn whose items were removed last: history does not bring them back.
  `ALTER TABLE sessions ADD COLUMN items_gone TEXT;
   CREATE INDEX prompts_ended ON prompts (actor, seq, bytes) WHERE state NOT IN ('queued', 'sending', 'running');`,

  // Images of earlier releases: in free pages, which zeros replace, in ended prompts, in items and in events.
  `CREATE TABLE zeros (page BLOB) STRICT;
   WITH RECURSIVE free (page) AS (
     SELECT freelist_count FROM pragma_freelist_count UNION ALL SELECT page - 1 FROM free WHERE page > 0
   )
   INSERT INTO zeros SELECT zeroblob(page_size) FROM free, pragma_page_size;
   DROP TABLE zeros;
   UPDATE prompts SET request = request_without_images(request)
     WHERE state NOT IN ('queued', 'sending', 'running') AND instr(request, '"data:') > 0;
   UPDATE prompts SET bytes = length(CAST(request AS BLOB));
   UPDATE items SET item = item_without_images(item) WHERE type = 'userMessage' AND instr(item, '"data:') > 0;
   UPDATE events SET data = event_without_images(data)
     WHERE type IN ('item/started', 'item/completed') AND instr(data, '"data:') > 0;`,

  // Prompts of earlier releases get their actor from the audit trail, and an Idempotency-Key the form that has the token.
  `UPDATE prompts SET actor = accepted.actor
     FROM (SELECT details ->> '$.promptId' AS id, actor FROM audit WHERE action = 'prompt/accepted') AS accepted
     WHERE prompts.id = accepted.id AND prompts.actor IS NULL;
   UPDATE OR IGNORE prompts SET same_key = 'client:' || json_array(substr(actor, 7), substr(same_key, 8))
     WHERE substr(actor, 1, 6) = 'token:' AND substr(same_key, 1, 7) = 'client:'
       AND instr(same_key, 'client:["' || substr(actor, 7) || '",') <> 1;`,
];

/** Functions that the migrations use. */
const imageCuts = {
  request_without_images: withoutImages,
  item_without_images: itemWithoutImages,
  event_without_images: eventWithoutImages,
};

/**
 * Opens the wrapper's state, a file of an earlier release included. What is committed is on disk.
 *
 * @throws WorkspaceError `STATE_UNREADABLE` for a file of a later release
 */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  try {
    // Before the first page is written: what is deleted leaves the file. A file of an earlier release reuses its room.
    if (formatOf(database) === 0) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    // What is deleted is overwritten: images, which a smaller file alone would leave in pages that are free.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: DatabaseSync, file: string): void {
  for (const [name, cut] of Object.entries(imageCuts))
    database.function(name, (text) => JSON.stringify(cut(JSON.parse(String(text)) as never)));
  const format = formatOf(database);
  if (format > migrations.length) {
    throw new WorkspaceError(`${file} has format ${format}; this release reads up to ${migrations.length}`, {
      code: "STATE_UNREADABLE",
      remedy: "Use the release that wrote it, or a later one.",
    });
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < format) continue;
    database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}

function formatOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}
