import * as z from "zod";
import { queueSchema, tokenUsageSchema } from "./prompts.ts";
import { endedTurnSchema, runningTurnSchema, sessionStatusSchema } from "./v1.ts";

/** A session's name, which its paths contain. */
const sessionNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "expected 1 to 63 of a-z 0-9 . _ -");

/** What a session may have of its own; the rest is the workspace's. */
const ownSettings = {
  /** Inside the project; relative to it. @default - the project directory */
  directory: z.string().min(1).optional(),
  /** A profile of the spec. @default - the one that `main` has */
  profile: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  sandbox: z.enum(["read-only", "workspace-write", "danger-full-access"]).optional(),
  approvalPolicy: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  /** Keys of config.toml, as nested tables. */
  config: z.record(z.string(), z.unknown()).optional(),
  /** In place of Codex's own. */
  baseInstructions: z.string().min(1).optional(),
  developerInstructions: z.string().min(1).optional(),
  /** Codex keeps no history of it: it begins anew when Codex is started again. @default false */
  ephemeral: z.boolean().optional(),
};

/** What was asked for when the session was made. */
export const sessionSettingsSchema = z.strictObject(ownSettings);

/** `POST /v1/sessions`. */
export const sessionRequestSchema = z.strictObject({
  /** @default - a random one */
  name: sessionNameSchema.optional(),
  ...ownSettings,
});

/** `POST /v1/sessions/{session}/fork`: a new session with the same settings and the history so far. */
export const forkRequestSchema = z.strictObject({
  /** @default - a random one */
  name: sessionNameSchema.optional(),
});

/** A session as it is now. */
export const sessionSchema = z.looseObject({
  name: z.string(),
  status: sessionStatusSchema,
  /** Why the status is `error`. */
  problem: z.string().optional(),
  /** When the status began, RFC 3339. */
  since: z.string(),
  createdAt: z.string(),
  archived: z.boolean(),
  threadId: z.string().optional(),
  turn: runningTurnSchema.optional(),
  /** The last turn that ended. */
  lastTurn: endedTurnSchema.optional(),
  queue: queueSchema,
  /** Tokens of the whole thread, once Codex has said so. */
  usage: tokenUsageSchema.optional(),
  /** In force now. */
  model: z.string().optional(),
  settings: sessionSettingsSchema,
});

/** `GET /v1/sessions`. */
export const sessionListSchema = z.looseObject({ sessions: z.array(sessionSchema) });

export type SessionSettings = z.infer<typeof sessionSettingsSchema>;
export type SessionRequest = z.infer<typeof sessionRequestSchema>;
export type ForkRequest = z.infer<typeof forkRequestSchema>;
export type SessionBody = z.infer<typeof sessionSchema>;
export type SessionList = z.infer<typeof sessionListSchema>;
