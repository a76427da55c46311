/** What `up` and `doctor` say of the local engine. */
export const nothingIsolated =
  "nothing but Codex's own sandbox is between the agent and what this user may do: files, keys, network";

/** Text of `up` and `doctor` about the local engine where this user is root. */
export const rootIsolated = "this user is root: a command that leaves the sandbox has the whole machine";

/** Warnings about a workspace that runs as processes of this user. */
export function localWarnings(isRoot: boolean): readonly string[] {
  return isRoot ? [`${rootIsolated}. Run the local engine as another user, or use --engine docker`] : [];
}
