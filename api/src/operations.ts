import * as z from "zod";
import {
  messageRequestSchema,
  messagesBodySchema,
  messageUpdateSchema,
  okBodySchema,
  statusBodySchema,
  statusChangeSchema,
  uploadBodySchema,
  uploadRequestSchema,
} from "./agentapi.ts";
import type { Content, Operation } from "./operation.ts";
import { ticketRequestSchema, ticketSchema } from "./tickets.ts";
import { healthSchema, readinessSchema, workspaceStatusSchema } from "./v1.ts";

const json = (schema: Content["schema"], example: unknown): Content => ({
  mediaType: "application/json",
  schema,
  example,
});

/** Problems of every operation that needs a token. */
const noToken = { 401: "No token, a wrong one, or one that has expired", 403: "The token lacks the scope" };
/** Problems of every body. */
const badBody = {
  400: "The body is missing, or no JSON",
  408: "The body did not come in time",
  413: "The body reaches 1 MiB",
  415: "The body is not JSON by its Content-Type",
  422: "The body is not what the operation takes; `errors` has each fault",
};
/** Problems of every operation that changes something. */
const refusedChange = {
  403: "The token lacks the scope, or the request comes from a page whose origin is not allowed",
  429: "The token has sent too many requests within a minute; Retry-After says when to come again",
};

/** AgentAPI's operations, for the session `main`. */
export const agentApiOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/status",
    operationId: "get-status",
    summary: "Get status",
    description: "Whether a prompt would be taken.",
    tag: "AgentAPI",
    token: "needed",
    answers: {
      200: {
        description: "OK",
        content: json(statusBodySchema, { status: "stable", agent_type: "codex", transport: "pty" }),
      },
    },
    problems: noToken,
  },
  {
    method: "get",
    path: "/messages",
    operationId: "get-messages",
    summary: "Get messages",
    description: "The conversation: user and agent in turn, the agent's with all it said in a turn.",
    tag: "AgentAPI",
    token: "needed",
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
    problems: noToken,
  },
  {
    method: "post",
    path: "/message",
    operationId: "post-message",
    summary: "Post message",
    description:
      "A message of type `user` is a prompt: it is answered when the agent has it, and refused while a turn runs. " +
      "One of type `raw` are keys for the session's terminal.",
    tag: "AgentAPI",
    token: "needed",
    request: json(messageRequestSchema, { content: "What are you?", type: "user" }),
    answers: {
      200: {
        description: "The agent has the prompt, the terminal the keys",
        content: json(okBodySchema, { ok: true }),
      },
    },
    problems: {
      ...badBody,
      ...noToken,
      ...refusedChange,
      409: "A turn runs",
      503: "The session is starting, has failed, or went away meanwhile",
    },
  },
  {
    method: "post",
    path: "/upload",
    operationId: "post-upload",
    summary: "Upload a file",
    description: "Stores one file where the agent can read it.",
    tag: "AgentAPI",
    token: "needed",
    request: { mediaType: "multipart/form-data", schema: uploadRequestSchema, example: { file: "hello" } },
    answers: {
      200: {
        description: "The file is stored",
        content: json(uploadBodySchema, { ok: true, filePath: "/home/uploads/2cf24dba5fb0a30e/hello.txt" }),
      },
    },
    problems: {
      ...noToken,
      ...refusedChange,
      400: "The file has more than 10 MiB",
      422: "The form cannot be read, or has not one file",
      507: "Uploaded files fill the room that is theirs",
    },
  },
  {
    method: "get",
    path: "/events",
    operationId: "subscribeEvents",
    summary: "Subscribe to events",
    description:
      "First a `message_update` for each message, then a `status_change`; then whatever changes. " +
      "A message is always told whole. A comment comes every 15 s.",
    tag: "AgentAPI",
    token: "needed",
    answers: {
      200: {
        description: "OK",
        content: {
          mediaType: "text/event-stream",
          events: { message_update: messageUpdateSchema, status_change: statusChangeSchema },
        },
      },
    },
    problems: { ...noToken, 429: "The token holds too many streams open" },
  },
];

/** Operations of the workspace as a whole. */
export const workspaceOperations: readonly Operation[] = [
  {
    method: "get",
    path: "/v1/status",
    operationId: "get-workspace-status",
    summary: "What is true of the workspace now",
    description: "Status in Codex's words, thread, version, sandbox, configuration and warnings.",
    tag: "Workspace",
    token: "needed",
    answers: {
      200: {
        description: "OK",
        content: json(workspaceStatusSchema, {
          name: "demo",
          status: "idle",
          since: "2026-01-02T03:04:05.678Z",
          threadId: "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
          queue: { paused: false, queued: 0, queuedInCodex: 0 },
          sessions: [{ name: "main", status: "idle" }],
          codexVersion: "0.169.0",
          sandbox: { state: "working" },
          configHash: "0".repeat(64),
          configConflicts: [],
          users: "separate",
          warnings: [],
        }),
      },
    },
    problems: noToken,
  },
  {
    method: "get",
    path: "/metrics",
    operationId: "get-metrics",
    summary: "Metrics, for Prometheus",
    description: "Counted from the start of the wrapper on. None has a session's name as label.",
    tag: "Workspace",
    token: "needed",
    answers: {
      200: {
        description: "OK",
        content: {
          mediaType: "text/plain",
          schema: z.string(),
          example: "# TYPE codex_workspace_prompts_queued gauge\ncodex_workspace_prompts_queued 0\n",
        },
      },
    },
    problems: noToken,
  },
  {
    method: "post",
    path: "/v1/tickets",
    operationId: "post-ticket",
    summary: "Get a ticket for one stream or WebSocket",
    description:
      "It stands for the token, or for some of its scopes, as `?ticket=` of an event stream or a WebSocket: once, within 30 s.",
    tag: "Workspace",
    token: "needed",
    request: json(ticketRequestSchema, { scopes: ["read"] }),
    answers: {
      201: {
        description: "The ticket",
        content: json(ticketSchema, {
          ticket: "Rf2zKkQ3vP0y7bGm9mC1S4aTtQ8uWn5x",
          expiresAt: "2027-01-31T00:00:30.000Z",
        }),
      },
    },
    problems: { ...noToken, ...refusedChange, ...badBody },
  },
  {
    method: "get",
    path: "/healthz",
    operationId: "get-health",
    summary: "Whether the wrapper lives",
    description: "Answered before every check.",
    tag: "Workspace",
    token: "none",
    answers: { 200: { description: "It does", content: json(healthSchema, { ok: true }) } },
    problems: {},
  },
  {
    method: "get",
    path: "/readyz",
    operationId: "get-readiness",
    summary: "Whether the session is there",
    description: "Answered before every check.",
    tag: "Workspace",
    token: "none",
    answers: {
      200: { description: "It is", content: json(readinessSchema, { ready: true, state: "ready" }) },
      503: {
        description: "Not yet, or never: `reason` says why",
        content: json(readinessSchema, { ready: false, state: "starting", reason: "the session is starting" }),
      },
    },
    problems: {},
  },
];

/** Everything that the OpenAPI documents describe. */
export const operations: readonly Operation[] = [...agentApiOperations, ...workspaceOperations];
