import * as z from "zod";
import { named, schemaMember } from "./named-schema.ts";

/** `GET /status`. `running` while a turn runs, also during an approval, and until the session takes its first prompt. */
export const agentStatusSchema = named(
  "AgentStatus",
  z.enum(["running", "stable"]).describe("`stable`: a prompt would be taken. `running`: everything else."),
);

const agentType = z.string().describe("Always `codex`.");

export const statusBodySchema = named(
  "StatusResponseBody",
  z.looseObject({
    ...schemaMember,
    status: agentStatusSchema,
    agent_type: agentType,
    transport: z.string().describe("Always `pty`."),
  }),
);

const roleSchema = named("ConversationRole", z.enum(["user", "agent"]));
const messageId = z.int().describe("The index in the list; 0 is the greeting.");
const messageTime = z.string().describe("RFC 3339: when the message last changed.");

/** One message of `GET /messages`. */
export const messageSchema = named(
  "Message",
  z.looseObject({
    id: messageId,
    content: z.string().describe("Markdown as the model wrote it, or the user's text."),
    role: roleSchema,
    time: messageTime,
  }),
);

export const messagesBodySchema = named(
  "MessagesResponseBody",
  z.looseObject({ ...schemaMember, messages: z.array(messageSchema) }),
);

/** `POST /message`. */
export const messageRequestSchema = named(
  "MessageRequestBody",
  z.strictObject({
    ...schemaMember,
    content: z.string(),
    type: named(
      "MessageType",
      z
        .enum(["user", "raw"])
        .describe("`user`: a prompt for the agent. `raw`: bytes for the session's terminal, as they are."),
    ),
  }),
);

export const okBodySchema = named("MessageResponseBody", z.looseObject({ ...schemaMember, ok: z.boolean() }));

/** The form of `POST /upload`. */
export const uploadRequestSchema = z.object({
  file: z.file().describe("At most 10 MiB, where the workspace has no other limit, with a file name."),
});

/** `POST /upload`: where the agent finds the file. */
export const uploadBodySchema = named(
  "UploadResponseBody",
  z.looseObject({
    ...schemaMember,
    ok: z.boolean(),
    filePath: z.string().describe("The absolute path at which the agent reads it."),
  }),
);

/** Data of `message_update` in `GET /events`: here the text is `message`, not `content`. */
export const messageUpdateSchema = named(
  "MessageUpdateBody",
  z.looseObject({
    id: messageId,
    role: roleSchema,
    message: z.string().describe("The whole text; of a very long one the beginning and the end."),
    time: messageTime,
  }),
);

/** Data of `status_change` in `GET /events`. */
export const statusChangeSchema = named(
  "StatusChangeBody",
  z.looseObject({ status: agentStatusSchema, agent_type: agentType }),
);

/** Data of `screen` in `GET /internal/screen`. */
export const screenSchema = named("ScreenUpdateBody", z.looseObject({ screen: z.string() }));

export type AgentStatus = z.infer<typeof agentStatusSchema>;
export type StatusBody = z.infer<typeof statusBodySchema>;
export type MessageBody = z.infer<typeof messageSchema>;
export type MessagesBody = z.infer<typeof messagesBodySchema>;
export type MessageRequest = z.infer<typeof messageRequestSchema>;
export type UploadBody = z.infer<typeof uploadBodySchema>;
export type MessageUpdate = z.infer<typeof messageUpdateSchema>;
export type StatusChange = z.infer<typeof statusChangeSchema>;
export type ScreenBody = z.infer<typeof screenSchema>;
