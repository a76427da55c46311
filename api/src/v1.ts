import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";
import { queueSchema, tokenUsageSchema } from "./prompts.ts";
import { interruptedBySchema, turnFailureSchema } from "./turn-outcome.ts";

export const sessionStatusSchema = named(
  "SessionStatus",
  z.enum(["starting", "idle", "working", "awaiting_approval", "awaiting_input", "error", "stopped"]),
);

/** How a turn ended. */
export const endedTurnSchema = named(
  "EndedTurn",
  z.looseObject({
    ...schemaMember,
    id: z.string(),
    status: z
      .enum(["completed", "failed", "interrupted"])
      .describe("`interrupted`: by somebody, or because Codex went away."),
    finalMessage: z
      .string()
      .optional()
      .describe("What the agent answered in the end, without what it said on the way; absent where it said nothing."),
    error: z.string().optional().describe("Why it failed, in Codex's words."),
    failure: turnFailureSchema.optional(),
    interruptedBy: interruptedBySchema.optional(),
    /** Tokens of this turn; absent where Codex went away in it. */
    usage: tokenUsageSchema.optional(),
  }),
);

/** The turn that runs. */
export const runningTurnSchema = named(
  "RunningTurn",
  z.looseObject({ id: z.string(), startedAt: z.string().describe("RFC 3339.") }),
);

/** A new configuration that is there and not in force. */
const reloadSchema = named(
  "ReloadStatus",
  z.looseObject({
    state: z
      .enum(["waiting", "applying", "failed"])
      .describe("`waiting` for turns to end; `applying`: prompts wait; `failed`: the former one stays in force."),
    configHash: z.string().optional().describe("Absent where it cannot be read."),
    reason: z.string().optional().describe("What it waits for, or why it failed."),
    code: z.string().optional().describe("Of the failure."),
    remedy: z.string().optional(),
  }),
);

/** An MCP server of a session's thread, as Codex last reported its start. */
export const mcpServerStatusSchema = named(
  "McpServerStatus",
  z.looseObject({
    name: z.string(),
    status: z.string().describe("Codex's own: `starting`, `ready`, `failed` or `cancelled`."),
    problem: z
      .enum(["login", "refused", "failed"])
      .optional()
      .describe("Why the agent does not have it: it needs a login, refuses the workspace, or did not start."),
    reason: z.string().optional().describe("Reason in words."),
  }),
);

/** What the workspace may ask of its model. */
const modelLimitsSchema = named(
  "ModelLimits",
  z.looseObject({
    requestsPerMinute: z.int().optional().describe("Kept by the model gateway; absent with the local engine."),
    concurrentRequests: z.int().optional().describe("Likewise."),
    tokensPerDay: z.int().optional().describe("Beyond it no turn is begun; absent: as many as they like."),
  }),
);

/** What all threads have used, those of subagents too, since midnight UTC. */
const tokensTodaySchema = named(
  "TokensToday",
  z.looseObject({ used: z.int(), resetsAt: z.string().describe("The next midnight UTC, RFC 3339.") }),
);

/** `GET /v1/status`: what is true of the workspace now. */
export const workspaceStatusSchema = named(
  "WorkspaceStatus",
  z.looseObject({
    ...schemaMember,
    name: z.string(),
    status: sessionStatusSchema,
    /** Why the status is `error`. */
    problem: z.string().optional(),
    /** When the status began, RFC 3339. */
    since: z.string(),
    threadId: z.string().optional(),
    /** The last turn that ended; absent before the first one. */
    lastTurn: endedTurnSchema.optional(),
    /** The turn that runs. */
    turn: runningTurnSchema.optional(),
    queue: queueSchema,
    /** Tokens of the whole thread, once Codex has said so. */
    usage: tokenUsageSchema.optional(),
    modelLimits: modelLimitsSchema,
    tokensToday: tokensTodaySchema,
    /** All of them; the members above are of `main`. */
    sessions: z.array(z.looseObject({ name: z.string(), status: sessionStatusSchema })),
    codexVersion: z.string(),
    /** MCP servers of `main`; absent where it has none. */
    mcpServers: z.array(mcpServerStatusSchema).optional(),
    /** Whether Codex's own sandbox works here; `probing` at the start. */
    sandbox: z.looseObject({ state: z.enum(["probing", "working", "blocked"]), reason: z.string().optional() }),
    /** Of the configuration that is in force. */
    configHash: z.string(),
    reload: reloadSchema.optional(),
    /** Keys where we wanted one thing and the file had been given another. */
    configConflicts: z.array(
      z.looseObject({
        /** In CODEX_HOME: `config.toml`, or that of a profile. */
        file: z.string(),
        key: z.string(),
        /** Whose value is in the file now. */
        kept: z.enum(["ours", "theirs"]),
        /** As TOML text, or its kind where it may be secret; absent where the key was. */
        ours: z.string().optional(),
        theirs: z.string().optional(),
      }),
    ),
    /** `separate`: wrapper, Codex and terminal are three users. `single`: one (the local engine). */
    users: z.enum(["separate", "single"]),
    /** What deserves attention, each a text; also Codex's own warnings, and those of other sessions with their name. */
    warnings: z.array(z.string()),
  }),
);

/** `GET /readyz`: 200 when the session is there, else 503. `failed` does not mend itself; the reason says why. */
export const readinessSchema = named(
  "Readiness",
  z.looseObject({
    ready: z.boolean(),
    state: z.enum(["starting", "ready", "failed"]),
    reason: z.string().optional(),
  }),
);

/** `GET /healthz`. */
export const healthSchema = named("Health", z.looseObject({ ok: z.literal(true) }));

/**
 * A text frame that a client sends over the terminal's WebSocket; binary frames are bytes of the terminal. One client at a
 * time writes and sets the size: whoever sent a first frame last, until another one sends `write`. A size is clamped to 10 to
 * 1000 columns and 4 to 1000 rows; 0, which some terminals report, leaves that side as it is.
 */
export const terminalControlSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resize"), columns: z.int().min(0), rows: z.int().min(0) }),
  z.strictObject({ type: z.literal("write") }),
]);

/** A text frame that a client of the terminal's WebSocket gets: whether its keys count from now on. */
export const terminalNoticeSchema = z.strictObject({ type: z.literal("writer"), yours: z.boolean() });

export type SessionStatus = z.infer<typeof sessionStatusSchema>;
export type McpServerStatus = z.infer<typeof mcpServerStatusSchema>;
export type EndedTurn = z.infer<typeof endedTurnSchema>;
export type TokensToday = z.infer<typeof tokensTodaySchema>;
export type WorkspaceStatus = z.infer<typeof workspaceStatusSchema>;
export type Health = z.infer<typeof healthSchema>;
export type ReloadStatus = z.infer<typeof reloadSchema>;
export type Readiness = z.infer<typeof readinessSchema>;
export type TerminalControl = z.infer<typeof terminalControlSchema>;
export type TerminalNotice = z.infer<typeof terminalNoticeSchema>;
