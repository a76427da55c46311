export { ApiError, UnreachableError } from "./api-error.ts";
export {
  createClient,
  WorkspaceClient,
  type CallOptions,
  type ClientOptions,
  type StableOptions,
  type SubmitOptions,
} from "./client.ts";
export type { WorkspaceEvent } from "./events.ts";
export type {
  MessageBody,
  Prompt,
  PromptInput,
  Readiness,
  TerminalControl,
  WorkspaceStatus,
} from "@codex-workspace/api";
