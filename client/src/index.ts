export { ApiError, UnreachableError } from "./api-error.ts";
export {
  createClient,
  WorkspaceClient,
  type CallOptions,
  type ClientOptions,
  type StableOptions,
  type SubmitOptions,
  type TicketOptions,
} from "./client.ts";
export type { WorkspaceEvent } from "./events.ts";
export type {
  MessageBody,
  Prompt,
  PromptInput,
  Readiness,
  Scope,
  TerminalControl,
  Ticket,
  WorkspaceStatus,
} from "@codex-workspace/api";
