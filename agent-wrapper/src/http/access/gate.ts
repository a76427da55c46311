import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiLimits } from "@codex-workspace/core";
import { type Asked, type Call, callerOf } from "../call.ts";
import { corsHeaders, isFromAllowedOrigin, isPreflight, varyOf } from "../cross-origin.ts";
import { HttpProblem, sendProblem } from "../problem.ts";
import { sendNotFound, sendText } from "../text.ts";
import { authorize, type Decision, mayDo, scopesOf } from "./authorize.ts";
import {
  anybody,
  type Caller,
  callerOf as callerOfHeader,
  currently,
  type KnownToken,
  type Stranger,
} from "./caller.ts";
import { isAllowedHost } from "./host.ts";
import { OpenConnections } from "./open-connections.ts";
import { isAllowedOrigin, isForeignPage } from "./origin.ts";
import { RequestRate } from "./request-rate.ts";
import { Tickets } from "./tickets.ts";

export interface AccessRules {
  readonly hosts: readonly string[];
  readonly origins: readonly string[];
  /** `none`: everybody may everything, so that no page but a known one may even read. */
  readonly auth: "token" | "none";
  /** Of one token. Reads are not counted: they cost little, and clients poll. */
  readonly limits: Pick<ApiLimits, "changesPerMinute" | "streams">;
}

/** How soon a place among the streams may be free. */
const streamRetrySeconds = 5;

/** Stands before everything that is served: Host check, Origin check, then who may do what, in that order. */
export class Gate {
  readonly #rules: AccessRules;
  readonly #known: () => readonly KnownToken[];
  readonly #rate: RequestRate;
  readonly #tickets = new Tickets();
  readonly #open: OpenConnections;

  /** @param known - the tokens of now */
  constructor(rules: AccessRules, known: () => readonly KnownToken[]) {
    this.#rules = rules;
    this.#known = known;
    this.#rate = new RequestRate(rules.limits.changesPerMinute);
    this.#open = new OpenConnections(known);
  }

  /** How many streams and sockets are open. */
  get streams(): OpenConnections["counts"] {
    return this.#open.counts;
  }

  /** The tokens have been exchanged: what a former one holds open ends. */
  tokensChanged(): void {
    this.#open.review();
  }

  /** Returns the call of a request that is admitted; answers any other one. */
  admit(asked: Asked, response: ServerResponse): Call | undefined {
    const { request } = asked;
    try {
      if (!this.#checkHost(request, response) || !this.#checkOrigin(request, response)) return undefined;
      return this.#checkCaller(asked, response);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      sendProblem(response, error);
      return undefined;
    }
  }

  /** Returns whether a request has an allowed `Host`; answers any other one. */
  admitsHost(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#checkHost(request, response);
  }

  /** Returns the call of a WebSocket, or its refusal: the same checks, where no response object exists. */
  admitUpgrade(asked: Asked): Call | HttpProblem {
    const { hosts, origins } = this.#rules;
    const { request } = asked;
    const { host, origin } = request.headers;
    if (!isAllowedHost(host, hosts)) return hostProblem(hosts);
    if (origin !== undefined && !isAllowedOrigin(origin, host, origins)) return originProblem(origin);
    const caller = this.#callerOf(asked);
    const decision = authorize(asked.found, caller);
    if (decision.kind !== "allowed") return toProblem(decision);
    const call = toCall(asked, decision, caller);
    return this.#beyondLimits(call) ?? call;
  }

  /** A ticket with some scopes of a caller, or with all. Throws 403 where one of them is not the caller's. */
  issueTicket(caller: Caller, scopes = caller.scopes): string {
    const lacking = scopes.filter((scope) => !caller.scopes.includes(scope));
    if (lacking.length > 0) throw toProblem({ kind: "scope-missing", needs: lacking });
    return this.#tickets.issue({ ...caller, scopes });
  }

  /** What was let in and stays is closed when its token ends. What is returned is for when it has ended by itself. */
  hold({ caller, operation }: Call, close: () => void): () => void {
    return caller === undefined ? () => undefined : this.#open.hold(caller, operation, close);
  }

  #checkHost(request: IncomingMessage, response: ServerResponse): boolean {
    const { hosts } = this.#rules;
    if (isAllowedHost(request.headers.host, hosts)) return true;
    sendText(response, 400, hostProblem(hosts).message);
    return false;
  }

  /** CORS for readers, as AgentAPI; beyond it, a foreign page can change nothing: it is refused before it is served. */
  #checkOrigin(request: IncomingMessage, response: ServerResponse): boolean {
    const { origins, auth } = this.#rules;
    const { method = "", headers } = request;
    const { origin } = headers;
    response.setHeader("Vary", varyOf(request).join(", "));
    for (const [name, value] of Object.entries(corsHeaders(request, origins))) response.setHeader(name, value);
    if (isPreflight(request)) {
      response.end();
      return false;
    }
    const changesState = !["GET", "HEAD", "OPTIONS"].includes(method);
    if (changesState && origin !== undefined && !isFromAllowedOrigin(request, origins)) throw originProblem(origin);
    if (auth === "none" && isForeignPage(headers, origins)) throw originProblem(origin ?? "another site");
    return true;
  }

  #checkCaller(asked: Asked, response: ServerResponse): Call | undefined {
    const caller = this.#callerOf(asked);
    const decision = authorize(asked.found, caller);
    switch (decision.kind) {
      case "allowed":
        return this.#admitted(toCall(asked, decision, caller), response);
      case "unknown-path":
        if (asked.target.segments[0]?.raw === "v1") throw pathUnknown;
        sendNotFound(response);
        return undefined;
      case "unknown-method":
        response.statusCode = 405;
        response.setHeader("Allow", decision.allow.join(", "));
        response.end();
        return undefined;
      case "no-caller":
        response.setHeader("WWW-Authenticate", 'Bearer realm="codex-workspace", Basic realm="codex-workspace"');
        throw toProblem(decision);
      default:
        throw toProblem(decision);
    }
  }

  #admitted(call: Call, response: ServerResponse): Call {
    const refusal = this.#beyondLimits(call);
    if (refusal !== undefined) throw refusal;
    if (call.operation.stays !== undefined) {
      response.once(
        "close",
        this.hold(call, () => response.destroy()),
      );
    }
    return call;
  }

  #beyondLimits({ request: { method }, caller, operation: { stays } }: Call): HttpProblem | undefined {
    const { changesPerMinute, streams } = this.#rules.limits;
    if (caller === undefined || (method === "GET" && stays === undefined)) return undefined;
    const retryAfterSeconds = this.#rate.take(caller.name);
    if (retryAfterSeconds > 0) {
      return new HttpProblem(429, `the token has sent more than ${changesPerMinute} requests in a minute`, {
        code: "TOO_MANY_REQUESTS",
        remedy: `Come again in ${retryAfterSeconds} s, and then less often.`,
        retryAfterSeconds,
      });
    }
    if (stays === undefined || this.#open.countOf(caller) < streams) return undefined;
    return new HttpProblem(429, `the token holds ${streams} streams open`, {
      code: "TOO_MANY_STREAMS",
      remedy: "Close those that nobody reads.",
      retryAfterSeconds: streamRetrySeconds,
    });
  }

  #callerOf({ request, target: { ticket }, found }: Asked): Caller | Stranger {
    if (this.#rules.auth === "none") return anybody;
    const { authorization } = request.headers;
    const now = Date.now();
    const stays = found.kind === "operation" && found.operation.stays !== undefined;
    if (ticket === undefined || authorization !== undefined || !stays) {
      return callerOfHeader(authorization, this.#known(), now);
    }
    const caller = this.#tickets.redeem(ticket);
    return caller === undefined ? "ticket-unknown" : currently(caller, this.#known(), now);
  }
}

function toCall(
  { request, target: { query } }: Asked,
  { operation, params }: Extract<Decision, { kind: "allowed" }>,
  caller: Caller | Stranger,
): Call {
  return { request, operation, params, query, caller: typeof caller === "string" ? undefined : caller };
}

/** Throws 403 unless the caller may run the variant of an operation that the body names. */
export function requireVariant(call: Call, variant: string): void {
  const { operation } = call;
  if (mayDo(operation, callerOf(call), variant)) return;
  throw toProblem({ kind: "scope-missing", needs: scopesOf(operation.needs, variant) });
}

function toProblem(decision: Exclude<Decision, { kind: "allowed" }>): HttpProblem {
  switch (decision.kind) {
    case "no-caller":
      return strangerProblem(decision.because);
    case "scope-missing": {
      const scopes = decision.needs.map((scope) => `\`${scope}\``).join(" or ");
      return new HttpProblem(403, `the token lacks the scope ${scopes}`, {
        code: "SCOPE_MISSING",
        remedy: `Use a token that has it, or add ${scopes} to its scopes in api.tokens.`,
      });
    }
    default:
      return new HttpProblem(404, "there is nothing at this path", { code: "REQUEST_INVALID" });
  }
}

function strangerProblem(because: Stranger): HttpProblem {
  switch (because) {
    case "expired":
      return new HttpProblem(401, "the token has expired", {
        code: "TOKEN_EXPIRED",
        remedy: "Ask who provisions the workspace for a new one (`expiresAt` of api.tokens).",
      });
    case "ticket-unknown":
      return new HttpProblem(401, "the ticket is unknown, was used, or is older than 30 s", {
        code: "TICKET_INVALID",
        remedy: "Get a new one for each stream and socket: POST /v1/tickets.",
      });
    case "unknown":
      return new HttpProblem(401, "the request carries no valid token", {
        code: "TOKEN_INVALID",
        remedy: "Send `Authorization: Bearer TOKEN`, or the token as Basic password (http://x:TOKEN@host).",
      });
  }
}

function hostProblem(hosts: readonly string[]): HttpProblem {
  const allowed = hosts.map((host) => host.replace(/[[\]]/g, "")).join(", ");
  return new HttpProblem(400, `Invalid host header. Allowed hosts: ${allowed}`, { code: "REQUEST_INVALID" });
}

function originProblem(origin: string): HttpProblem {
  return new HttpProblem(403, `requests from ${origin} are not allowed here`, {
    code: "ORIGIN_NOT_ALLOWED",
    remedy: "Add the origin to api.origins.",
  });
}

/** AgentAPI's own paths keep its answer in plain text. */
const pathUnknown = new HttpProblem(404, "there is no operation at this path", {
  code: "PATH_UNKNOWN",
  remedy: "GET /openapi.json lists the operations.",
});
