import type { Secret } from "./secret.ts";

/** A secret that a workspace's requests to one host carry. With gateways one of them adds it, and the workspace has none. */
export interface ResolvedGrant {
  /** As specs call it: `openai` is the key of the model provider, `github` a token of GitHub, any other a bearer token. */
  readonly name: string;
  /** As a URL has it: in lower case, with `:PORT` where that is not the one of its scheme. */
  readonly host: string;
  readonly secret: Secret;
}
