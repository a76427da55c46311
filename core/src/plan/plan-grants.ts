import { renderKeyPath } from "../config/key-path.ts";
import { type Problem, WorkspaceError } from "../errors.ts";
import type { GitHubRoute, GrantRoute, McpRoute } from "../gateway/gateway-plan.ts";
import { type GitHubRule, readGitHubRule } from "../gateway/github-rule.ts";
import type { ResolvedGrant } from "../grant.ts";
import type { Secret } from "../secret.ts";
import type { WorkspaceSpec } from "../spec/workspace-spec.ts";

/** What the grants of a spec are for. */
export interface PlannedGrants {
  /** In place of `modelProvider.apiKey`. */
  readonly modelKey: Secret | undefined;
  readonly github: GitHubRoute | undefined;
  readonly mcpServers: readonly McpRoute[];
  /** Of bearer tokens that no MCP server names. */
  readonly hosts: readonly GrantRoute[];
}

export interface GrantOptions {
  /** A secret for each of the spec's `grants`; others do not count. */
  readonly resolved: readonly ResolvedGrant[];
  /** The base URL of the model provider. */
  readonly modelUrl: string;
  /** Whether there is a gateway that adds them; only the model's key can do without. */
  readonly gateways: boolean;
}

/**
 * Finds what each grant of a spec is for.
 *
 * @throws WorkspaceError `GRANT_NOT_FOUND` for those without a secret; `SPEC_INVALID` for those that would be sent to another
 * host than the one they are for, and for what says how to use one that is not there
 */
export function planGrants(spec: WorkspaceSpec, { resolved, modelUrl, gateways }: GrantOptions): PlannedGrants {
  const granted = grantsOf(spec, resolved);
  const problems = [
    ...openaiProblems(spec, granted, modelUrl),
    ...grantedServers(spec).flatMap((server) => serverProblems(server, granted.get(server.grant))),
    ...githubProblems(spec, granted),
    ...(gateways ? [] : gatewayProblems(granted)),
  ];
  if (problems.length === 0) {
    return {
      modelKey: granted.get("openai")?.secret,
      github: githubRoute(spec, granted),
      mcpServers: mcpRoutes(spec, granted),
      hosts: hostRoutes(spec, granted),
    };
  }
  throw new WorkspaceError("the grants of the spec do not fit what would use them", {
    code: "SPEC_INVALID",
    remedy: "Correct the listed inputs; `codex-workspace grant list` shows the host that each grant is for.",
    problems,
  });
}

/** Warnings of rules that allow more than most agents need. */
export function grantWarnings({ github }: PlannedGrants): string[] {
  const broad = (github?.rules ?? []).filter(({ access }) => access === "write");
  if (broad.length === 0) return [];
  const [rules, instead] = (["write", "push"] as const).map((access) =>
    broad.map(({ owner, repository }) => `${access}:${owner === "*" ? "*" : `${owner}/${repository}`}`).join(", "),
  );
  return [
    `github.allow has ${rules}: the agent may delete those repositories and change their hooks and deploy keys. ` +
      `${instead} allows pull requests and pushes to every branch but the default one.`,
  ];
}

/** A grant, and where the spec names it. */
type Granted = ResolvedGrant & { readonly path: string };
type Grants = ReadonlyMap<string, Granted>;

function grantsOf({ grants = [] }: WorkspaceSpec, resolved: readonly ResolvedGrant[]): Grants {
  const named = [...new Set(grants)].map((name) => ({ name, path: `grants[${grants.indexOf(name)}]` }));
  const found = named.flatMap(({ name, path }) => {
    const grant = resolved.find((candidate) => candidate.name === name);
    return grant === undefined ? [] : [{ ...grant, path }];
  });
  const missing = named.filter(({ name }) => found.every((grant) => grant.name !== name));
  if (missing.length === 0) return new Map(found.map((grant) => [grant.name, grant]));
  throw new WorkspaceError(`there is no secret of ${missing.map(({ name }) => `grant "${name}"`).join(", ")}`, {
    code: "GRANT_NOT_FOUND",
    remedy: "Resolve every grant that the spec names, or take it out of `grants`.",
    problems: missing.map(({ path }) => ({ path, message: "has no secret" })),
  });
}

function openaiProblems({ modelProvider }: WorkspaceSpec, granted: Grants, modelUrl: string): Problem[] {
  const grant = granted.get("openai");
  if (grant === undefined) return [];
  const problems: Problem[] = [];
  const { host } = new URL(modelUrl);
  if (grant.host !== host) {
    problems.push({ path: grant.path, message: `is for ${grant.host}, and the model provider is at ${host}` });
  }
  if (modelProvider?.apiKey !== undefined) {
    const message = "means nothing beside the grant `openai`, which is the key";
    problems.push({ path: "modelProvider.apiKey", message });
  }
  return problems;
}

interface GrantedServer {
  readonly name: string;
  readonly url: string;
  readonly grant: string;
}

function grantedServers({ mcpServers = {} }: WorkspaceSpec): GrantedServer[] {
  return Object.entries(mcpServers).flatMap(([name, { url, grant }]) =>
    url === undefined || grant === undefined ? [] : [{ name, url, grant }],
  );
}

function serverProblems({ name, url, grant }: GrantedServer, granted: Granted | undefined): Problem[] {
  const path = `mcpServers.${renderKeyPath([name])}.grant`;
  const { protocol, host } = new URL(url);
  if (granted === undefined) return [{ path, message: `expected one of \`grants\`, got "${grant}"` }];
  if (isOfItsOwnKind(grant)) return [{ path, message: `expected a bearer token for one host, which ${grant} is not` }];
  if (protocol !== "https:")
    return [{ path, message: "expected an https URL beside it: a grant is not sent in clear" }];
  return granted.host === host ? [] : [{ path, message: `is for ${granted.host}, and the server is at ${host}` }];
}

function mcpRoutes(spec: WorkspaceSpec, granted: Grants): McpRoute[] {
  return grantedServers(spec).flatMap(({ name, url, grant }) => {
    const token = granted.get(grant)?.secret;
    return token === undefined ? [] : [{ name, url, token }];
  });
}

/** One that an MCP server names is sent to that server's one address, and to nothing else of its host. */
function hostRoutes(spec: WorkspaceSpec, granted: Grants): GrantRoute[] {
  const named = grantedServers(spec).map(({ grant }) => grant);
  const others = [...granted.values()].filter(({ name }) => !isOfItsOwnKind(name) && !named.includes(name));
  return others.map(({ name, host, secret }) => ({ name, host, token: secret }));
}

function githubProblems({ github }: WorkspaceSpec, granted: Grants): Problem[] {
  if (github === undefined || granted.has("github")) return [];
  return [{ path: "github", message: "means nothing where `github` is not among `grants`" }];
}

/** GitHub's own API has a host of its own; an enterprise server's has not. */
function githubRoute({ github: { allow = ["read:*"] } = {} }: WorkspaceSpec, granted: Grants): GitHubRoute | undefined {
  const grant = granted.get("github");
  if (grant === undefined) return undefined;
  const { host, secret: token } = grant;
  const apiUrl = host === "github.com" ? "https://api.github.com" : `https://${host}/api/v3`;
  return { gitUrl: `https://${host}`, apiUrl, token, rules: allow.map(toRule) };
}

function toRule(text: string): GitHubRule {
  const rule = readGitHubRule(text);
  if ("fault" in rule) throw new Error(`${text}: ${rule.fault}; a parsed spec has no such rule`);
  return rule;
}

function gatewayProblems(granted: Grants): Problem[] {
  const others = [...granted.values()].filter(({ name }) => name !== "openai");
  return others.map(({ path }) => ({ path, message: "needs a gateway that adds it, and there is none here" }));
}

/** Every other one is a bearer token. */
function isOfItsOwnKind(name: string): boolean {
  return name === "openai" || name === "github";
}
