import type { Operation } from "./operation.ts";

/** Every problem of an operation by status: those that its kind has, then its own. */
export function problemsOf(operation: Operation): Readonly<Record<number, string>> {
  const found: Record<number, string> = {};
  for (const problems of [...kindsOf(operation), operation.problems ?? {}]) {
    for (const [status, when] of Object.entries(problems)) {
      found[Number(status)] = [found[Number(status)], when].filter((text) => text !== undefined).join(". ");
    }
  }
  return found;
}

function* kindsOf({
  method,
  path,
  needs,
  stays,
  parameters = [],
  request,
}: Operation): Generator<Readonly<Record<number, string>>> {
  const changes = method !== "get";
  if (needs !== "nothing") yield { 401: "No token, a wrong one, or one that has expired" };
  if (needs !== "nothing" && needs !== "any token") yield { 403: `The token lacks the scope ${scopesOf(needs)}` };
  if (changes) yield { 403: "The request comes from a page whose origin is not allowed" };
  if (changes || stays !== undefined) {
    yield { 429: "The token has sent too many requests within a minute; Retry-After says when to come again" };
  }
  if (stays !== undefined) yield { 429: "The token holds too many streams open" };
  for (const [, name = ""] of path.matchAll(/\{(\w+)\}/g)) yield { 404: `There is no such ${name}` };
  if (path.includes("{")) yield { 400: "The path cannot be decoded" };
  if (parameters.some((parameter) => parameter.in !== "path")) {
    yield { 422: "A parameter is none of the operation, or is not what it has to be; `errors` has each fault" };
  }
  if (request?.mediaType === "application/json") yield ofBody;
}

const ofBody = {
  400: "The body is no JSON",
  408: "The body did not come in time",
  413: "The body is too large",
  415: "The body is not JSON by its Content-Type",
  422: "The body is not what the operation takes; `errors` has each fault",
};

function scopesOf(needs: Exclude<Operation["needs"], "nothing" | "any token">): string {
  const scopes = typeof needs === "string" ? [needs] : Object.values(needs);
  return scopes.map((scope) => `\`${scope}\``).join(" or ");
}
