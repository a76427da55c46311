import type { Secret } from "../secret.ts";
import type { GitHubRule } from "./github-rule.ts";

/**
 * What the model gateway carries, with credentials that the workspace never has. Whatever a client sends as credential is
 * dropped; a request that no route is for is refused.
 */
export interface GatewayPlan {
  readonly model: ModelRoute | undefined;
  readonly github: GitHubRoute | undefined;
  readonly mcpServers: readonly McpRoute[];
  readonly grants: readonly GrantRoute[];
  /** TCP ports that lead to sockets of the workspace. */
  readonly publishedPorts: readonly PublishedPort[];
  /** PEM texts to trust beside the system's, where an upstream's certificate is a company's. */
  readonly caCertificates: readonly string[];
}

export interface PublishedPort {
  readonly port: number;
  /** Connections at once; the gateway closes any further one. Each port has a limit of its own, so none takes the API's. */
  readonly connections: number;
}

export interface ModelRoute {
  /** An http or https URL such as `https://api.openai.com/v1`, without query. */
  readonly baseUrl: string;
  readonly key: Secret | undefined;
  /** Which header carries the key: as bearer token, or by itself as Azure's API takes it. */
  readonly keyHeader: "Authorization" | "api-key";
  /** `OpenAI-Organization`. */
  readonly organization: string | undefined;
  readonly limits: ModelLimits;
}

/** What is above them is answered with 429. */
export interface ModelLimits {
  /** As many may come at once; then one more for each part of the minute. */
  readonly requestsPerMinute: number;
  readonly concurrentRequests: number;
}

export interface GitHubRoute {
  /** Where git clones from: `https://github.com`. */
  readonly gitUrl: string;
  /** `https://api.github.com`. */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly rules: readonly GitHubRule[];
}

/** A host, over https: whatever is asked of it. */
export interface GrantRoute {
  /** Of the grant. */
  readonly name: string;
  /** With `:PORT` where that is not 443. */
  readonly host: string;
  /** Sent as bearer token. */
  readonly token: Secret;
}

/** One MCP server over HTTP: that URL and nothing below it. */
export interface McpRoute {
  /** Of the server in config.toml: letters, digits, `_` and `-`. */
  readonly name: string;
  readonly url: string;
  /** Sent as bearer token. */
  readonly token: Secret;
}
