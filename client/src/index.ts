export { ApiError, toApiError, UnreachableError } from "./api-error.ts";
export { firstBrokenEntry } from "./audit-chain.ts";
export { createClient, WorkspaceClient, type StableOptions, type TicketOptions } from "./client.ts";
export type { SessionEvent, WorkspaceEvent } from "./events.ts";
export type { EventsOptions, ItemsOptions, PageOptions, PromptOptions, SessionClient } from "./session-client.ts";
export type { CallOptions, ClientOptions } from "./transport.ts";
export type {
  EndedTurn,
  ItemPage,
  MessageBody,
  Prompt,
  PromptInput,
  PromptPage,
  Queue,
  Readiness,
  Scope,
  SessionBody,
  SessionRequest,
  TerminalControl,
  TerminalNotice,
  Ticket,
  WorkspaceStatus,
} from "@codex-workspace/api";
