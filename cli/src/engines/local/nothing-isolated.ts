/** What `up` and `doctor` say of the local engine. */
export const nothingIsolated =
  "nothing but Codex's own sandbox is between the agent and what this user may do: files, keys, network";
