import * as z from "zod";
import { clientJsonBounds, settingsBounds, within } from "@codex-workspace/core/json-bounds";
import { named, schemaMember } from "./named-schema.ts";
import { queueSchema, tokenUsageSchema } from "./prompts.ts";
import { endedTurnSchema, mcpServerStatusSchema, runningTurnSchema, sessionStatusSchema } from "./v1.ts";

/** A session's name, which its paths contain. */
export const sessionNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "expected 1 to 63 of a-z 0-9 . _ -");

const newNameSchema = sessionNameSchema.optional().describe("A random one when left out.");

/** What a session may have of its own; the rest is the workspace's. */
const ownSettings = {
  directory: z
    .string()
    .min(1)
    .optional()
    .describe("Inside the project, relative to it or as an absolute path; the project directory when left out."),
  profile: z.string().min(1).optional().describe("A profile of the spec; the one that `main` has when left out."),
  model: z.string().min(1).optional(),
  sandbox: z.enum(["read-only", "workspace-write", "danger-full-access"]).optional(),
  approvalPolicy: z
    .union([z.string(), z.record(z.string(), z.unknown()).superRefine(within(clientJsonBounds))])
    .optional()
    .describe("As in config.toml: `untrusted`, `on-request`, `never`, or a table `granular`."),
  config: z
    .record(z.string(), z.unknown())
    .superRefine(within(settingsBounds))
    .optional()
    .describe("Keys of config.toml, as nested tables: at most 64 levels, where a dotted key counts each of its parts."),
  baseInstructions: z.string().min(1).optional().describe("In place of Codex's own."),
  developerInstructions: z.string().min(1).optional(),
  ephemeral: z
    .boolean()
    .optional()
    .describe("Codex keeps no history of it: it begins anew when Codex is started again."),
};

/** What was asked for when the session was made. */
export const sessionSettingsSchema = named("SessionSettings", z.strictObject(ownSettings));

/** `POST /v1/sessions`. */
export const sessionRequestSchema = named("SessionRequest", z.strictObject({ name: newNameSchema, ...ownSettings }));

/** `POST /v1/sessions/{session}/fork`: a new session with the same settings and the history so far. */
export const forkRequestSchema = named("ForkRequest", z.strictObject({ name: newNameSchema }));

/** A session as it is now. */
export const sessionSchema = named(
  "Session",
  z.looseObject({
    ...schemaMember,
    name: z.string(),
    status: sessionStatusSchema,
    problem: z.string().optional().describe("Why the status is `error`."),
    since: z.string().describe("When the status began, RFC 3339."),
    createdAt: z.string().describe("RFC 3339."),
    archived: z.boolean(),
    threadId: z.string().optional(),
    /** The turn that runs. */
    turn: runningTurnSchema.optional(),
    /** The last turn that ended. */
    lastTurn: endedTurnSchema.optional(),
    queue: queueSchema,
    /** Tokens of the whole thread, once Codex has said so. */
    usage: tokenUsageSchema.optional(),
    model: z.string().optional().describe("In force now."),
    mcpServers: z.array(mcpServerStatusSchema).optional().describe("Absent where it has none."),
    warnings: z.array(z.string()).optional().describe("Codex's own warnings about it; absent where there are none."),
    /** What was asked for when it was made. */
    settings: sessionSettingsSchema,
  }),
);

/** `GET /v1/sessions`. */
export const sessionListSchema = named(
  "SessionList",
  z.looseObject({ ...schemaMember, sessions: z.array(sessionSchema) }),
);

export type SessionSettings = z.infer<typeof sessionSettingsSchema>;
export type SessionRequest = z.infer<typeof sessionRequestSchema>;
export type ForkRequest = z.infer<typeof forkRequestSchema>;
export type SessionBody = z.infer<typeof sessionSchema>;
export type SessionList = z.infer<typeof sessionListSchema>;
