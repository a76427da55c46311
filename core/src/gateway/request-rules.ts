import { gatewayRoutes } from "./contract.ts";
import { type GitHubRule, printGitHubRule } from "./github-rule.ts";

/** Requests that the model gateway carries. */
export interface RequestRule {
  /** As the log shows it. */
  readonly name: string;
  /**
   * A regular expression over method, query and path with a blank between: no method and no query has one. The path is decoded
   * and has no `..`; so it is sent on.
   */
  readonly pattern: string;
}

/** What Codex asks a model provider for, below its base URL; each with what a query may say. */
const modelPaths: Readonly<Record<string, readonly string[]>> = {
  GET: ["models"],
  POST: [
    "responses",
    "responses/compact",
    "alpha/search",
    "images/edits",
    "images/generations",
    "memories/trace_summarize",
  ],
};

export function modelRequests(): RequestRule[] {
  return Object.entries(modelPaths).map(([method, paths]) => ({
    name: "model",
    pattern: `^${method} \\S* ${gatewayRoutes.model}/(${paths.join("|")})$`,
  }));
}

/** The MCP server's one address, as its transport over HTTP uses it. */
export function mcpRequests(name: string): RequestRule[] {
  return [{ name: `mcp:${name}`, pattern: `^(GET|POST|DELETE) \\S* ${gatewayRoutes.mcp}/${name}$` }];
}

/** Whatever is asked of a grant's host. */
export function grantRequests(name: string): RequestRule[] {
  return [{ name: `grant:${name}`, pattern: `^\\S+ \\S* ${gatewayRoutes.grants}/${name.replaceAll(".", "\\.")}/` }];
}

export interface GitHubRequests {
  readonly git: readonly RequestRule[];
  readonly api: readonly RequestRule[];
}

export function githubRequests(rules: readonly GitHubRule[]): GitHubRequests {
  // The first rule that fits counts: a `write` of the same repository has no use for the check of a `push`.
  const pushLast = [false, true].flatMap((isPush) => rules.filter(({ access }) => (access === "push") === isPush));
  return { git: pushLast.flatMap(gitRequests), api: rules.flatMap(apiRequests) };
}

/** git's smart HTTP: what is read and what is written has a service of its own, announced and then asked. */
function gitRequests(rule: GitHubRule): RequestRule[] {
  const services = rule.access === "read" ? ["git-upload-pack"] : ["git-upload-pack", "git-receive-pack"];
  const repository = `${gatewayRoutes.githubGit}/${repositoryPattern(rule)}(\\.git)?`;
  return services.flatMap((service) =>
    [`^GET service=${service} ${repository}/info/refs$`, `^POST  ${repository}/${service}$`].map((pattern) => ({
      name: ruleName(rule),
      pattern,
    })),
  );
}

/** The gateway reads no body, and GraphQL names repositories there: GraphQL needs the right to write all of them. */
function apiRequests(rule: GitHubRule): RequestRule[] {
  const request = (methods: string, paths: string): RequestRule => ({
    name: ruleName(rule),
    pattern: `^${methods} \\S* ${gatewayRoutes.githubApi}/${paths}$`,
  });
  const repository = `repos/${repositoryPattern(rule)}`;
  const [reads, writes] =
    rule.owner === "*" ? ["(?!graphql(/|$)).*", ".*"] : [`${repository}(/.*)?`, `${repository}(/.*)?`];
  if (rule.access === "write") return [request("[A-Z]+", writes)];
  const read = request("(GET|HEAD)", reads);
  if (rule.access === "read") return [read];
  return [read, ...pullRequests.map(([method, path]) => request(method, `${repository}/${path}`))];
}

/**
 * The changes of `push`: pull requests without their merge. `update-branch` and `merge` are missing because they change a branch,
 * reviews because an approval can be what a merge waits for, edits and deletions of comments because they reach the comments of
 * other people.
 */
const pullRequests = [
  ["POST", "pulls"],
  ["PATCH", "pulls/[0-9]+"],
  ["POST", "pulls/[0-9]+/comments"],
  ["POST", "pulls/[0-9]+/comments/[0-9]+/replies"],
  ["POST", "pulls/[0-9]+/requested_reviewers"],
  // A pull request is an issue too, whose comments are those of its conversation.
  ["POST", "issues/[0-9]+/comments"],
] as const;

/** Requests that a rule `push` allows after the gateway has checked them, over the rule's name, method and path. */
export const checkedPushes = "^github:push:\\S+ POST /\\S*receive-pack";

function repositoryPattern({ owner, repository }: GitHubRule): string {
  return [owner, repository].map((part) => (part === "*" ? "[\\w.-]+?" : part.replaceAll(".", "\\."))).join("/");
}

function ruleName(rule: GitHubRule): string {
  return `github:${printGitHubRule(rule)}`;
}
