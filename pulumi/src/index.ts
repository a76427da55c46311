export { CodexWorkspace } from "./codex-workspace.ts";
export type { CodexWorkspaceArgs, PlainArgs, SpecArgs } from "./args.ts";
export type { Transform, Transformed, WorkspaceTransforms } from "./transforms.ts";
