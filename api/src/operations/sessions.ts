import type { Operation } from "../operation.ts";
import { deletableSessionParameter, sessionParameter } from "../parameters.ts";
import { routeOf } from "../routes.ts";
import { forkRequestSchema, sessionListSchema, sessionRequestSchema, sessionSchema } from "../sessions.ts";
import { endedTurnSchema } from "../v1.ts";
import { json } from "./json.ts";

const tag = "Sessions";

const main = {
  name: "main",
  status: "idle",
  since: "2026-01-02T03:04:05.678Z",
  createdAt: "2026-01-02T03:04:05.123Z",
  archived: false,
  threadId: "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
  queue: { paused: false, queued: 0, queuedInCodex: 0 },
  model: "gpt-5.5",
  settings: {},
};
const review = {
  ...main,
  name: "review",
  threadId: "019a2b3d-5e6f-7a80-9bac-1d2e3f4a5b6c",
  settings: { sandbox: "read-only", developerInstructions: "Review what is asked; change nothing." },
};

const made = {
  description: "The new session",
  headers: { Location: "Its path" },
} as const;

/** Of what has to ask Codex. */
const ofCodex = { 503: "Codex is starting", 507: "Nothing can be written to the disk" };
const ofMaking = {
  ...ofCodex,
  409: "There is a session of that name",
  507: "The disk is full, or there are as many sessions as the workspace may have",
};
const ofEnding = {
  ...ofCodex,
  409: "A turn runs in it, or prompts wait",
  422: "It is `main`, which is always there, or Codex refuses",
};

/** Sessions, each a thread of Codex. */
export const sessionOperations: readonly Operation[] = [
  {
    ...routeOf("list-sessions"),
    summary: "Every session as it is now",
    description: "`main` is always there; it is the one that AgentAPI's paths speak of.",
    tag,
    answers: { 200: { description: "OK", content: json(sessionListSchema, { sessions: [main, review] }) } },
  },
  {
    ...routeOf("create-session"),
    summary: "Make a session",
    description:
      "What it has of its own goes over the workspace's, on every start of Codex. " +
      "A session that Codex would not begin as asked is refused, and nothing of it stays.",
    tag,
    // With settings of its own: among them what its agent may do.
    request: json(sessionRequestSchema, { name: review.name, ...review.settings }),
    answers: { 201: { ...made, content: json(sessionSchema, review) } },
    problems: { ...ofMaking, 422: "Such a session is not allowed here" },
  },
  {
    ...routeOf("get-session"),
    summary: "A session as it is now",
    description: "Its status and since when, the turn that runs, the last one, queue, tokens, model, settings.",
    tag,
    parameters: [sessionParameter],
    answers: { 200: { description: "OK", content: json(sessionSchema, review) } },
  },
  {
    ...routeOf("delete-session"),
    summary: "Delete a session",
    description:
      "Removes it with its thread and everything that is known of it. Codex keeps the thread of one that was forked " +
      "until its forks are deleted.",
    tag,
    parameters: [deletableSessionParameter],
    answers: { 204: { description: "It is gone" } },
    problems: ofEnding,
  },
  {
    ...routeOf("fork-session"),
    summary: "Fork a session",
    description: "A new session with the same settings and the history so far.",
    tag,
    parameters: [sessionParameter],
    request: json(forkRequestSchema, { name: "review-again" }),
    answers: { 201: { ...made, content: json(sessionSchema, { ...review, name: "review-again" }) } },
    problems: { ...ofMaking, 422: "Codex refuses" },
  },
  {
    ...routeOf("archive-session"),
    summary: "Archive a session",
    description: "It does nothing until it is taken back; items and prompts can be read.",
    tag,
    parameters: [deletableSessionParameter],
    answers: {
      200: {
        description: "It is archived",
        content: json(sessionSchema, { ...review, status: "stopped", archived: true }),
      },
    },
    problems: ofEnding,
  },
  {
    ...routeOf("unarchive-session"),
    summary: "Take a session back from the archive",
    description: "One that is not archived stays as it is.",
    tag,
    parameters: [deletableSessionParameter],
    answers: { 200: { description: "It is back", content: json(sessionSchema, review) } },
    problems: { ...ofCodex, 422: "Codex refuses" },
  },
  {
    ...routeOf("interrupt-session"),
    summary: "Interrupt the running turn",
    description: "Answered when Codex says that the turn has ended.",
    tag,
    parameters: [sessionParameter],
    answers: {
      200: {
        description: "How it ended",
        content: json(endedTurnSchema, { id: "019a2b3e-6f70-7b91-acbd-2e3f4a5b6c7d", status: "interrupted" }),
      },
    },
    problems: { 409: "No turn runs", 504: "Codex did not say that the turn has ended" },
  },
];
