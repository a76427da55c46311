import { z } from "zod";

/** `GET /status`. `running` while a turn runs, also during an approval, and until the session takes its first prompt. */
export const agentStatusSchema = z.enum(["running", "stable"]);

export const statusBodySchema = z.looseObject({
  status: agentStatusSchema,
  agent_type: z.string(),
  transport: z.string(),
});

/** One message of `GET /messages`. */
export const messageSchema = z.looseObject({
  /** The index in the list; 0 is the greeting. */
  id: z.int(),
  /** Markdown as the model wrote it, or the user's text. */
  content: z.string(),
  role: z.enum(["user", "agent"]),
  /** RFC 3339; when the message last changed. */
  time: z.string(),
});

export const messagesBodySchema = z.looseObject({ messages: z.array(messageSchema) });

/**
 * `POST /message`. `user`: a prompt for the agent. `raw`: bytes for the session's terminal, as they are.
 * `$schema` is accepted and ignored.
 */
export const messageRequestSchema = z.strictObject({
  $schema: z.string().optional(),
  content: z.string(),
  type: z.enum(["user", "raw"]),
});

export const okBodySchema = z.looseObject({ ok: z.boolean() });

/** `POST /upload`: where the agent finds the file. */
export const uploadBodySchema = z.looseObject({ ok: z.boolean(), filePath: z.string() });

/** Data of `message_update` in `GET /events`: here the text is `message`, not `content`. */
export const messageUpdateSchema = z.looseObject({
  id: z.int(),
  role: z.enum(["user", "agent"]),
  message: z.string(),
  time: z.string(),
});

/** Data of `status_change` in `GET /events`. */
export const statusChangeSchema = z.looseObject({ status: agentStatusSchema, agent_type: z.string() });

/** Data of `screen` in `GET /internal/screen`. */
export const screenSchema = z.looseObject({ screen: z.string() });

export type AgentStatus = z.infer<typeof agentStatusSchema>;
export type StatusBody = z.infer<typeof statusBodySchema>;
export type MessageBody = z.infer<typeof messageSchema>;
export type MessagesBody = z.infer<typeof messagesBodySchema>;
export type MessageRequest = z.infer<typeof messageRequestSchema>;
export type UploadBody = z.infer<typeof uploadBodySchema>;
export type MessageUpdate = z.infer<typeof messageUpdateSchema>;
export type StatusChange = z.infer<typeof statusChangeSchema>;
export type ScreenBody = z.infer<typeof screenSchema>;
