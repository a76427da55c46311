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
  return { git: rules.flatMap(gitRequests), api: rules.map(apiRequests) };
}

/** git's smart HTTP: what is read and what is written has a service of its own, announced and then asked. */
function gitRequests(rule: GitHubRule): RequestRule[] {
  const services = { read: ["git-upload-pack"], write: ["git-upload-pack", "git-receive-pack"] }[rule.access];
  const repository = `${gatewayRoutes.githubGit}/${repositoryPattern(rule)}(\\.git)?`;
  return services.flatMap((service) =>
    [`^GET service=${service} ${repository}/info/refs$`, `^POST  ${repository}/${service}$`].map((pattern) => ({
      name: ruleName(rule),
      pattern,
    })),
  );
}

/** GraphQL names repositories in its body, which nobody reads here: it belongs to who may write all of them. */
function apiRequests(rule: GitHubRule): RequestRule {
  const methods = rule.access === "read" ? "(GET|HEAD)" : "[A-Z]+";
  const paths =
    rule.owner !== "*"
      ? `repos/${repositoryPattern(rule)}(/.*)?`
      : rule.access === "read"
        ? "(?!graphql(/|$)).*"
        : ".*";
  return { name: ruleName(rule), pattern: `^${methods} \\S* ${gatewayRoutes.githubApi}/${paths}$` };
}

function repositoryPattern({ owner, repository }: GitHubRule): string {
  return [owner, repository].map((part) => (part === "*" ? "[\\w.-]+?" : part.replaceAll(".", "\\."))).join("/");
}

function ruleName(rule: GitHubRule): string {
  return `github:${printGitHubRule(rule)}`;
}
