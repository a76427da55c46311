import * as z from "zod";
import { auditPageSchema, auditQuerySchema } from "../audit.ts";
import type { Operation } from "../operation.ts";
import { queryParameters } from "../parameters.ts";
import { routeOf } from "../routes.ts";
import { ticketRequestSchema, ticketSchema } from "../tickets.ts";
import { healthSchema, readinessSchema, workspaceStatusSchema } from "../v1.ts";
import { json } from "./json.ts";

const tag = "Workspace";

/** Operations of the workspace as a whole. */
export const workspaceOperations: readonly Operation[] = [
  {
    ...routeOf("get-workspace-status"),
    summary: "What is true of the workspace now",
    description: "Status in Codex's words, thread, version, sandbox, configuration and warnings.",
    tag,
    answers: {
      200: {
        description: "OK",
        content: json(workspaceStatusSchema, {
          name: "demo",
          status: "idle",
          since: "2026-01-02T03:04:05.678Z",
          threadId: "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
          queue: { paused: false, queued: 0, queuedInCodex: 0 },
          modelLimits: { requestsPerMinute: 600, concurrentRequests: 32, tokensPerDay: 2_000_000 },
          tokensToday: { used: 1250, resetsAt: "2026-01-03T00:00:00.000Z" },
          sessions: [{ name: "main", status: "idle" }],
          codexVersion: "0.171.0",
          sandbox: { state: "working" },
          configHash: "0".repeat(64),
          configConflicts: [],
          users: "separate",
          warnings: [],
        }),
      },
    },
  },
  {
    ...routeOf("get-metrics"),
    summary: "Metrics, for Prometheus",
    description: "Counted from the start of the wrapper on. None has a session's name as label.",
    tag,
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
  },
  {
    ...routeOf("get-audit"),
    summary: "Who did what",
    description:
      "Entries in their order, of all sessions. They are only added; each has the hash of the one before, so that who " +
      "changes or removes one breaks the chain.",
    tag,
    parameters: queryParameters(auditQuerySchema, { after: 0, limit: 100 }),
    answers: {
      200: {
        description: "OK",
        content: json(auditPageSchema, {
          entries: [
            {
              seq: 1,
              time: "2026-01-02T03:04:05.678Z",
              actor: "token:ci",
              action: "approval/resolved",
              session: "review",
              details: { approvalId: "5b0c8f1e-2d3a-4c6b-9e7f-1a2b3c4d5e6f", decision: "accept" },
              previousHash: "0".repeat(64),
              hash: "a3".repeat(32),
            },
          ],
        }),
      },
    },
  },
  {
    ...routeOf("post-ticket"),
    summary: "Get a ticket for one stream or WebSocket",
    description:
      "It stands for the token, or for some of its scopes, as `?ticket=` of an event stream or a WebSocket: once, within 30 s.",
    tag,
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
    problems: { 403: "A scope is not the token's" },
  },
  {
    ...routeOf("get-health"),
    summary: "Whether the wrapper lives",
    description: "Answered before every check.",
    tag,
    answers: { 200: { description: "It does", content: json(healthSchema, { ok: true }) } },
  },
  {
    ...routeOf("get-readiness"),
    summary: "Whether the session is there",
    description: "Answered before every check.",
    tag,
    answers: {
      200: { description: "It is", content: json(readinessSchema, { ready: true, state: "ready" }) },
      503: {
        description: "Not yet, or never: `reason` says why",
        content: json(readinessSchema, { ready: false, state: "starting", reason: "the session is starting" }),
      },
    },
  },
];
