import type { IncomingMessage, ServerResponse } from "node:http";
import type { ParsedUrlQuery } from "node:querystring";
import type { Actor } from "../session/audit-log.ts";
import type { Caller } from "./access/caller.ts";
import { type Found, matchOperation } from "./access/match.ts";
import type { Operation, OperationId } from "./access/operations.ts";
import { HttpProblem } from "./problem.ts";
import { parseTarget, type Target } from "./target.ts";

/** A request whose target was parsed and matched: everything that is decided by its address is decided here. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly target: Target;
  readonly found: Found;
}

/** An operation that the gate admitted. A handler knows no other address than this. */
export interface Call {
  readonly request: IncomingMessage;
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly query: ParsedUrlQuery;
  /** Undefined where an operation that needs no token was asked for without one. */
  readonly caller: Caller | undefined;
}

/** Answers an admitted operation. */
export type Handler<Response = ServerResponse> = (call: Call, response: Response) => unknown;

/** One handler for each of some operations. */
export type Handlers<Id extends OperationId, Response = ServerResponse> = Readonly<Record<Id, Handler<Response>>>;

/** What `OPTIONS *` asks about: the server, and no operation of it. */
export const wholeServer = "*";

/**
 * Parses and matches the target of a request, once: a second call returns the result of the first one. The request keeps no
 * address afterwards, so that neither a second parser nor a log finds one in it.
 *
 * @throws HttpProblem 400 `REQUEST_INVALID`
 */
export function ask(request: WithResult): Asked {
  const asked = request[result] ?? parseAndMatch(request);
  request[result] = asked;
  if (asked instanceof HttpProblem) throw asked;
  return asked;
}

/** Not in a WeakMap: an entry for each request costs the collector as much as all the rest of a short answer. */
const result = Symbol("result");

interface WithResult extends IncomingMessage {
  [result]?: Asked | HttpProblem;
}

function parseAndMatch(request: IncomingMessage): Asked | HttpProblem {
  const { url = "", method = "" } = request;
  request.url = "/";
  const target = parseTarget(url);
  if (target instanceof HttpProblem) return target;
  // RFC 9112, section 3.2.2: the authority of an absolute target replaces the Host header.
  if (target.authority !== undefined) request.headers.host = target.authority;
  return { request, target, found: matchOperation(method, target.segments) };
}

/** Returns the caller of an operation that needs a token. */
export function callerOf({ caller }: Call): Caller {
  if (caller === undefined) throw new HttpProblem(401, "the request carries no valid token", { code: "TOKEN_INVALID" });
  return caller;
}

/** Returns the caller of an operation that needs a token, for the audit trail. */
export function actorOf(call: Call): Actor {
  return `token:${callerOf(call).name}`;
}
