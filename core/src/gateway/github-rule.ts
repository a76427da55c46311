/** What may be done with which repositories. `push` and `write` include `read`. */
export interface GitHubRule {
  readonly access: "read" | "push" | "write";
  /** `*`: all. */
  readonly owner: string;
  /** `*`: all of the owner. */
  readonly repository: string;
}

/** Reads `read:OWNER/REPOSITORY`, `push:OWNER/*` or `write:*`. Otherwise it says what is wrong. */
export function readGitHubRule(text: string): GitHubRule | { readonly fault: string } {
  const [, access, everything, owner = "*", repository = "*"] =
    /^(read|push|write):(?:(\*)|([A-Za-z0-9-]+)\/(\*|[\w.-]+))$/.exec(text) ?? [];
  if (access !== "read" && access !== "push" && access !== "write") {
    return { fault: "expected read:, push: or write: and OWNER/REPOSITORY, OWNER/* or *" };
  }
  if (everything === undefined && /^\.{1,2}$|\.git$/i.test(repository)) {
    return { fault: "expected the name of a repository, without .git" };
  }
  return { access, owner, repository };
}

export function printGitHubRule({ access, owner, repository }: GitHubRule): string {
  return `${access}:${owner === "*" ? "*" : `${owner}/${repository}`}`;
}
