/** What `up` and `doctor` say of the local engine. */
export const nothingIsolated =
  "nothing but Codex's own sandbox is between the agent and what this user may do: files, keys, network";

/** Text of `up` and `doctor` about the local engine where this user is root. */
export const rootIsolated = "this user is root: a command that leaves the sandbox has the whole machine";

/** Text of `up` and `doctor` about a Linux machine without bubblewrap (observed on 0.169). */
export const noBubblewrap =
  "bubblewrap (bwrap) is not on PATH: Codex makes its sandbox with the copy that it brings, and warns in its log";
export const installBubblewrap =
  "Install the package `bubblewrap`: `apt-get install bubblewrap`, `dnf install bubblewrap` or `apk add bubblewrap`";

/** Warnings about a workspace that runs as processes of this user. */
export function localWarnings(isRoot: boolean, hasBubblewrap = true): readonly string[] {
  return [
    ...(isRoot ? [`${rootIsolated}. Run the local engine as another user, or use --engine docker`] : []),
    ...(hasBubblewrap ? [] : [`${noBubblewrap}. ${installBubblewrap}`]),
  ];
}
