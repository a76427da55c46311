import {
  messageRequestSchema,
  messagesBodySchema,
  messageUpdateSchema,
  okBodySchema,
  statusBodySchema,
  statusChangeSchema,
  uploadBodySchema,
  uploadRequestSchema,
} from "../agentapi.ts";
import type { Operation } from "../operation.ts";
import { routeOf } from "../routes.ts";
import { json } from "./json.ts";

const tag = "AgentAPI";

/** AgentAPI's operations, for the session `main`. */
export const agentApiOperations: readonly Operation[] = [
  {
    ...routeOf("get-status"),
    summary: "Get status",
    description: "Whether a prompt would be taken.",
    tag,
    answers: {
      200: {
        description: "OK",
        content: json(statusBodySchema, { status: "stable", agent_type: "codex", transport: "pty" }),
      },
    },
  },
  {
    ...routeOf("get-messages"),
    summary: "Get messages",
    description: "The conversation: user and agent in turn, the agent's with all it said in a turn.",
    tag,
    answers: {
      200: {
        description: "OK",
        content: json(messagesBodySchema, {
          messages: [
            { id: 0, content: "", role: "agent", time: "2026-01-02T03:04:05.678Z" },
            { id: 1, content: "What are you?", role: "user", time: "2026-01-02T03:04:06.789Z" },
            { id: 2, content: "I am **Codex**.", role: "agent", time: "2026-01-02T03:04:07.890Z" },
          ],
        }),
      },
    },
  },
  {
    ...routeOf("post-message"),
    summary: "Post message",
    description:
      "A message of type `user` is a prompt: it is answered when the agent has it, and refused while a turn runs. " +
      "One of type `raw` are keys for the session's terminal.",
    tag,
    // Keys can do what a person at the terminal can.
    request: json(messageRequestSchema, { content: "What are you?", type: "user" }),
    answers: {
      200: {
        description: "The agent has the prompt, the terminal the keys",
        content: json(okBodySchema, { ok: true }),
      },
    },
    problems: {
      409: "A turn runs",
      422: "Codex refuses the prompt",
      429: "The tokens of the day are used up, or the token has too many pending prompts; Retry-After says when to retry",
      503: "The session is starting, has failed, or went away meanwhile",
      507: "The disk is full, or the pending prompts of all tokens take all room",
    },
  },
  {
    ...routeOf("post-upload"),
    summary: "Upload a file",
    description: "Stores one file where the agent can read it.",
    tag,
    request: { mediaType: "multipart/form-data", schema: uploadRequestSchema, example: { file: "hello" } },
    answers: {
      200: {
        description: "The file is stored",
        content: json(uploadBodySchema, { ok: true, filePath: "/home/uploads/2cf24dba5fb0a30e/hello.txt" }),
      },
    },
    problems: {
      400: "The file is larger than the workspace takes",
      422: "The form cannot be read, or has not one file",
      507: "Uploaded files fill the room that is theirs",
    },
  },
  {
    ...routeOf("subscribeEvents"),
    summary: "Subscribe to events",
    description:
      "First a `message_update` for each message, then a `status_change`; then whatever changes. " +
      "A message is always told whole. A comment comes every 15 s.",
    tag,
    answers: {
      200: {
        description: "OK",
        content: {
          mediaType: "text/event-stream",
          events: { message_update: messageUpdateSchema, status_change: statusChangeSchema },
        },
      },
    },
  },
];
