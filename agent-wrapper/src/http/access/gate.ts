import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiLimits } from "@codex-workspace/core";
import { corsHeaders, isFromAllowedOrigin, isPreflight, varyOf } from "../cross-origin.ts";
import { pathOf } from "../path-of.ts";
import { HttpProblem, sendProblem } from "../problem.ts";
import { sendNotFound, sendText } from "../text.ts";
import type { Actor } from "../../session/audit-log.ts";
import { type AccessRequest, authorize, type Decision, wouldStay } from "./authorize.ts";
import { anybody, type Caller, callerOf, currently, type KnownToken, type Stranger } from "./caller.ts";
import { isAllowedHost } from "./host.ts";
import { OpenConnections } from "./open-connections.ts";
import type { Operation } from "./operations.ts";
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

/** Somebody whose request was let in, and for what. */
export interface Admission {
  readonly caller: Caller | Stranger;
  readonly operation: Operation;
}

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

  /** Whether a request is let in; where not, it is answered. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    try {
      return (
        this.#checkHost(request, response) &&
        this.#checkOrigin(request, response) &&
        this.#checkCaller(request, response)
      );
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      sendProblem(response, error);
      return false;
    }
  }

  /** Lets a WebSocket in, or says what refuses it: the same checks, where no response object exists. */
  admitUpgrade(request: IncomingMessage): Admission | HttpProblem {
    const { hosts, origins } = this.#rules;
    const { host, origin } = request.headers;
    if (!isAllowedHost(host, hosts)) return hostProblem(hosts);
    if (origin !== undefined && !isAllowedOrigin(origin, host, origins)) return originProblem(origin);
    const asked = { method: request.method ?? "", path: pathOf(request), isUpgrade: true };
    const caller = this.#callerOf(request, asked);
    const decision = authorize(asked, caller);
    if (decision.kind !== "allowed") return toProblem(decision);
    const admission = { caller, operation: decision.operation };
    return this.#beyondLimits(admission, asked.method) ?? admission;
  }

  /** A ticket with some scopes of a caller, or with all. Throws 403 where one of them is not the caller's. */
  issueTicket(caller: Caller, scopes = caller.scopes): string {
    const lacking = scopes.filter((scope) => !caller.scopes.includes(scope));
    if (lacking.length > 0) throw toProblem({ kind: "scope-missing", needs: lacking });
    return this.#tickets.issue({ ...caller, scopes });
  }

  /** What was let in and stays is closed when its token ends. What is returned is for when it has ended by itself. */
  hold({ caller, operation }: Admission, close: () => void): () => void {
    return typeof caller === "string" ? () => undefined : this.#open.hold(caller, operation, close);
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

  #checkCaller(request: IncomingMessage, response: ServerResponse): boolean {
    const asked = { method: request.method ?? "", path: pathOf(request), isUpgrade: false };
    const caller = this.#callerOf(request, asked);
    const decision = authorize(asked, caller);
    switch (decision.kind) {
      case "allowed":
        this.#admit(request, response, { caller, operation: decision.operation });
        return true;
      case "unknown-path":
        sendNotFound(response);
        return false;
      case "unknown-method":
        response.statusCode = 405;
        response.setHeader("Allow", decision.allow.join(", "));
        response.end();
        return false;
      case "no-caller":
        response.setHeader("WWW-Authenticate", 'Bearer realm="codex-workspace", Basic realm="codex-workspace"');
        throw toProblem(decision);
      default:
        throw toProblem(decision);
    }
  }

  #admit({ method = "" }: IncomingMessage, response: ServerResponse, admission: Admission): void {
    const refusal = this.#beyondLimits(admission, method);
    if (refusal !== undefined) throw refusal;
    (response as Admitted)[admitted] = admission;
    if (admission.operation.stays === undefined) return;
    response.once(
      "close",
      this.hold(admission, () => response.destroy()),
    );
  }

  #beyondLimits({ caller, operation: { stays } }: Admission, method: string): HttpProblem | undefined {
    const { changesPerMinute, streams } = this.#rules.limits;
    if (typeof caller === "string" || (method === "GET" && stays === undefined)) return undefined;
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

  #callerOf(request: IncomingMessage, asked: AccessRequest): Caller | Stranger {
    const ticket = takeTicket(request);
    if (this.#rules.auth === "none") return anybody;
    const { authorization } = request.headers;
    const now = Date.now();
    if (ticket === undefined || authorization !== undefined || !wouldStay(asked)) {
      return callerOf(authorization, this.#known(), now);
    }
    const caller = this.#tickets.redeem(ticket);
    return caller === undefined ? "ticket-unknown" : currently(caller, this.#known(), now);
  }
}

/** Not in a WeakMap: an entry for each request costs the collector as much as all the rest of a short answer. */
const admitted = Symbol("admitted");

/** The answer to a request that was let in. */
interface Admitted extends ServerResponse {
  [admitted]?: Admission;
}

/** Who sent a request that the gate let in. */
export function callerOfRequest(response: Admitted): Caller {
  return callerIn(response[admitted]);
}

/** The same for the audit trail. */
export function actorOf(response: Admitted): Actor {
  return toActor(callerOfRequest(response));
}

export function callerIn(admission: Admission | undefined): Caller {
  if (admission === undefined || typeof admission.caller === "string") throw toProblem(noCaller);
  return admission.caller;
}

export function toActor({ name }: Caller): Actor {
  return `token:${name}`;
}

const noCaller = { kind: "no-caller", because: "unknown" } as const;

/** Once the body has told which variant of an operation is meant. Throws 403 where the caller may not do that one. */
export function requireVariant(request: IncomingMessage, response: Admitted, variant: string): void {
  const decision = authorize(
    { method: request.method ?? "", path: pathOf(request), isUpgrade: false, variant },
    response[admitted]?.caller ?? "unknown",
  );
  if (decision.kind !== "allowed") throw toProblem(decision);
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

/** Out of the address, so that nothing that sees or logs the request later has it. */
function takeTicket(request: IncomingMessage): string | undefined {
  const [path = "/", query] = (request.url ?? "/").split(/\?(.*)/s);
  if (query === undefined) return undefined;
  const parameters = new URLSearchParams(query);
  const ticket = parameters.get("ticket");
  if (ticket === null) return undefined;
  parameters.delete("ticket");
  request.url = parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
  return ticket;
}
