import * as z from "zod";

/**
 * The part of app-server's protocol that we use, as `codex app-server generate-ts` prints it for the pinned version.
 * Objects are loose: a Codex that says more than we read must not break us.
 */

const itemSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  /** Unix milliseconds. */
  startedAtMs: z.number().nullish(),
  completedAtMs: z.number().nullish(),
});

const userMessageSchema = z.looseObject({
  type: z.literal("userMessage"),
  id: z.string(),
  /** What the sender called it: our prompt id, or null when it was typed in the terminal. */
  clientId: z.string().nullish(),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
});

const agentMessageSchema = z.looseObject({
  type: z.literal("agentMessage"),
  id: z.string(),
  text: z.string(),
  /** `commentary`, `final_answer`; not every model says it. */
  phase: z.string().nullish(),
});

/** Items that we read more of than their identity, by type. */
export const messageSchemas = { userMessage: userMessageSchema, agentMessage: agentMessageSchema } as const;

/** An item that is a message, or nothing. */
export function toMessageItem(item: unknown): UserMessageItem | AgentMessageItem | undefined {
  const parsed = z.union(Object.values(messageSchemas)).safeParse(item);
  return parsed.success ? parsed.data : undefined;
}

const turnErrorSchema = z.looseObject({
  message: z.string(),
  /** A word, or an object with the word as its key; later versions add words. */
  codexErrorInfo: z.unknown().optional(),
  additionalDetails: z.string().nullish(),
});

const turnSchema = z.looseObject({
  id: z.string(),
  status: z.enum(["completed", "interrupted", "failed", "inProgress"]),
  items: z.array(itemSchema).default([]),
  error: turnErrorSchema.nullish(),
  /** Unix seconds. */
  startedAt: z.number().nullish(),
  completedAt: z.number().nullish(),
});

const threadStatusSchema = z.looseObject({
  type: z.string(),
  activeFlags: z.array(z.string()).optional(),
});

const tokenUsageSchema = z.looseObject({
  totalTokens: z.number(),
  inputTokens: z.number(),
  cachedInputTokens: z.number(),
  outputTokens: z.number(),
  reasoningOutputTokens: z.number(),
});

const threadSchema = z.looseObject({ id: z.string(), status: threadStatusSchema.optional() });

/** A piece of an item that grows. */
const deltaSchema = z.looseObject({
  threadId: z.string(),
  turnId: z.string(),
  itemId: z.string(),
  delta: z.string(),
});

/** Settings of the turns to come. */
const updatedSettingsSchema = z.looseObject({
  model: z.string(),
  effort: z.string().nullish(),
  cwd: z.string(),
  sandboxPolicy: z.unknown(),
});

/** Notifications by method; those that are not listed are ignored. */
export const notificationSchemas = {
  "thread/status/changed": z.looseObject({ threadId: z.string(), status: threadStatusSchema }),
  "turn/started": z.looseObject({ threadId: z.string(), turn: turnSchema }),
  "turn/completed": z.looseObject({ threadId: z.string(), turn: turnSchema }),
  "item/started": z.looseObject({ threadId: z.string(), turnId: z.string(), item: itemSchema }),
  "item/completed": z.looseObject({ threadId: z.string(), turnId: z.string(), item: itemSchema }),
  "item/agentMessage/delta": deltaSchema,
  "item/reasoning/summaryTextDelta": deltaSchema,
  "item/commandExecution/outputDelta": deltaSchema,
  "thread/tokenUsage/updated": z.looseObject({
    threadId: z.string(),
    turnId: z.string(),
    /** Of the thread, and of the last request to the model. */
    tokenUsage: z.looseObject({ total: tokenUsageSchema, last: tokenUsageSchema }),
  }),
  "thread/settings/updated": z.looseObject({ threadId: z.string(), threadSettings: updatedSettingsSchema }),
  /** Codex's own queue, of prompts that were queued in a terminal. */
  "thread/queue/changed": z.looseObject({ threadId: z.string() }),
  /** One of its requests was answered, by any client, or is needed no more. */
  "serverRequest/resolved": z.looseObject({ threadId: z.string(), requestId: z.union([z.number(), z.string()]) }),
  error: z.looseObject({ threadId: z.string(), turnId: z.string(), error: turnErrorSchema, willRetry: z.boolean() }),
  warning: z.looseObject({ threadId: z.string().nullish(), message: z.string() }),
  guardianWarning: z.looseObject({ threadId: z.string().nullish(), message: z.string() }),
  configWarning: z.looseObject({
    summary: z.string(),
    details: z.string().nullish(),
    path: z.string().optional(),
    range: z.looseObject({ start: z.looseObject({ line: z.number() }) }).optional(),
  }),
  deprecationNotice: z.looseObject({ summary: z.string(), details: z.string().nullish() }),
  "model/rerouted": z.looseObject({ threadId: z.string(), fromModel: z.string(), toModel: z.string() }),
  /** Of a server of a thread. */
  "mcpServer/startupStatus/updated": z.looseObject({
    threadId: z.string().nullish(),
    name: z.string(),
    /** `starting`, `ready`, `failed`, `cancelled`. */
    status: z.string(),
    error: z.string().nullish(),
    failureReason: z.string().nullish(),
  }),
} as const;

/** A thread that was started or resumed, with the settings that are in force. */
const openThreadSchema = z.looseObject({
  thread: threadSchema,
  cwd: z.string(),
  model: z.string(),
  approvalPolicy: z.unknown(),
  sandbox: z.unknown(),
  /** The permission profile that decides; null where a sandbox mode does. */
  activePermissionProfile: z.looseObject({ id: z.string() }).nullish(),
  reasoningEffort: z.string().nullish(),
  /** Files of instructions that the thread has read. */
  instructionSources: z.array(z.string()).optional(),
});

/** A file of settings that Codex reads, or its command line. */
const configLayerSchema = z.looseObject({
  name: z.looseObject({ type: z.string(), file: z.string().optional(), dotCodexFolder: z.string().optional() }),
  config: z.record(z.string(), z.unknown()),
  /** Why Codex ignores the layer, such as a project that is not trusted. */
  disabledReason: z.string().nullish(),
});

/** Answers by method. */
export const resultSchemas = {
  initialize: z.looseObject({}),
  "thread/start": openThreadSchema,
  "thread/resume": openThreadSchema,
  "thread/fork": openThreadSchema,
  "config/read": z.looseObject({ layers: z.array(configLayerSchema) }),
  "thread/archive": z.looseObject({}),
  "thread/unarchive": z.looseObject({}),
  "thread/delete": z.looseObject({}),
  "thread/unsubscribe": z.looseObject({}),
  "thread/read": z.looseObject({ thread: threadSchema.extend({ turns: z.array(turnSchema) }) }),
  "thread/name/set": z.looseObject({}),
  "thread/settings/update": z.looseObject({}),
  "thread/queue/list": z.looseObject({ data: z.array(z.unknown()) }),
  "thread/loaded/list": z.looseObject({}),
  "turn/start": z.looseObject({ turn: turnSchema }),
  "turn/steer": z.looseObject({ turnId: z.string() }),
  "turn/interrupt": z.looseObject({}),
} as const;

/** Fields of each request that we send; a test finds each of them in the protocol of every tested version. */
export const sentFields = {
  initialize: ["clientInfo", "capabilities"],
  "thread/start": [
    ...(["runtimeWorkspaceRoots", "sandbox", "permissions", "approvalPolicy", "model", "config"] as const),
    ...(["baseInstructions", "developerInstructions", "historyMode", "ephemeral"] as const),
  ],
  "thread/resume": [
    ...([
      "threadId",
      "excludeTurns",
      "cwd",
      "runtimeWorkspaceRoots",
      "sandbox",
      "permissions",
      "approvalPolicy",
      "model",
    ] as const),
    ...(["config", "baseInstructions", "developerInstructions"] as const),
  ],
  "thread/fork": [
    ...([
      "threadId",
      "excludeTurns",
      "cwd",
      "runtimeWorkspaceRoots",
      "sandbox",
      "permissions",
      "approvalPolicy",
      "model",
    ] as const),
    ...(["config", "baseInstructions", "developerInstructions"] as const),
  ],
  "config/read": ["cwd", "includeLayers"],
  "thread/archive": ["threadId"],
  "thread/unarchive": ["threadId"],
  "thread/delete": ["threadId"],
  "thread/unsubscribe": ["threadId"],
  "thread/read": ["threadId", "includeTurns"],
  "thread/name/set": ["threadId", "name"],
  "thread/settings/update": ["threadId", "cwd", "collaborationMode"],
  "thread/queue/list": ["threadId"],
  "thread/loaded/list": [],
  "turn/start": [
    ...(["threadId", "clientUserMessageId", "runtimeWorkspaceRoots", "input", "model", "effort"] as const),
    "outputSchema",
  ],
  "turn/steer": ["threadId", "expectedTurnId", "clientUserMessageId", "input"],
  "turn/interrupt": ["threadId", "turnId"],
} as const satisfies Readonly<Record<RequestMethod, readonly string[]>>;

/** Parameters of a request. */
export type Params<M extends RequestMethod> = { readonly [F in (typeof sentFields)[M][number]]?: unknown };

export type UserMessageItem = z.infer<typeof userMessageSchema>;
export type AgentMessageItem = z.infer<typeof agentMessageSchema>;
export type UpdatedSettings = z.infer<typeof updatedSettingsSchema>;
export type ThreadStatus = z.infer<typeof threadStatusSchema>;
export type ConfigLayer = z.infer<typeof configLayerSchema>;
export type Turn = z.infer<typeof turnSchema>;
export type TurnError = z.infer<typeof turnErrorSchema>;
export type Item = z.infer<typeof itemSchema>;
export type NotificationMethod = keyof typeof notificationSchemas;
export type RequestMethod = keyof typeof resultSchemas;
export type Result<M extends RequestMethod> = z.infer<(typeof resultSchemas)[M]>;
export type Notification = {
  [M in NotificationMethod]: { readonly method: M; readonly params: z.infer<(typeof notificationSchemas)[M]> };
}[NotificationMethod];

/** Unique in one life of app-server. */
export type RequestId = number | string;

/** A request that app-server makes, of a kind that we may not know. */
export interface ServerRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: unknown;
}

/** Parameters of thread/start and thread/resume that decide what the agent may do. */
export interface ThreadSettings {
  readonly cwd: string;
  /** What commands may write under workspace-write, in place of `cwd`. An older Codex ignores it. */
  readonly runtimeWorkspaceRoots: readonly string[];
  readonly sandbox?: string;
  /** A permission profile, instead of `sandbox`; `config` defines it, where it is not built in. */
  readonly permissions?: string;
  readonly approvalPolicy: unknown;
  /** undefined: config.toml's, or Codex's own. */
  readonly model: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly baseInstructions?: string;
  readonly developerInstructions?: string;
}
