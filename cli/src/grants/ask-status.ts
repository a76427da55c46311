import http from "node:http";
import https from "node:https";
import type { Secret } from "@codex-workspace/core";

export interface AskOptions {
  readonly bearer: Secret;
  /** Names the proxies; one carries https alone, so that it never sees the secret. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The status that a GET is answered with. The body stays unread, and no redirection is followed. */
export function askStatus(url: URL, { bearer, env, signal }: AskOptions): Promise<number> {
  const isHttps = url.protocol === "https:";
  const headers = {
    authorization: `Bearer ${bearer.reveal()}`,
    accept: "application/json",
    // GitHub answers nobody without a name.
    "user-agent": "codex-workspace",
  };
  return new Promise((resolve, reject) => {
    const settings = { headers, signal, agent: isHttps ? new https.Agent({ proxyEnv: { ...env } }) : new http.Agent() };
    const request = (isHttps ? https : http).get(url, settings, (response) => {
      // What it may say of the secret is nobody's business here.
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on("error", reject);
  });
}
