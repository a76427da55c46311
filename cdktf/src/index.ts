export { CodexWorkspace } from "./codex-workspace.ts";
export type { CodexWorkspaceProps, SpecProps } from "./props.ts";
