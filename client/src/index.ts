export { ApiError, UnreachableError } from "./api-error.ts";
export { createClient, WorkspaceClient, type CallOptions, type ClientOptions, type StableOptions } from "./client.ts";
export type { WorkspaceEvent } from "./events.ts";
export type { MessageBody, Readiness, TerminalControl, WorkspaceStatus } from "@codex-workspace/api";
