import { parse as parseQuery, type ParsedUrlQuery } from "node:querystring";
import type { Segment } from "./access/match.ts";
import { HttpProblem } from "./problem.ts";

/** A checked request target. */
export interface Target {
  /** Segments of the path, without the empty one before its first slash. */
  readonly segments: readonly Segment[];
  /** Parameters of the query, without the ticket. */
  readonly query: ParsedUrlQuery;
  /** The first `ticket` of the query. */
  readonly ticket: string | undefined;
  /** Host and port of a target in absolute form. */
  readonly authority: string | undefined;
}

/** RFC 3986, `pchar`: the characters of a segment. */
const segmentCharacters = "[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}";
const originForm = new RegExp(
  `^(?<path>(?:/(?:${segmentCharacters})*)+)(?:\\?(?<query>(?:${segmentCharacters}|[/?])*))?$`,
);
const absoluteForm = /^https?:\/\/(?<authority>(?:\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::\d*)?)(?<rest>[/?].*)?$/i;

/**
 * Returns a request target (RFC 9112, section 3.2) as a checked value, or the problem (400 `REQUEST_INVALID`) that refuses
 * it. This is the only place that parses an address: nothing that runs later sees the text. An encoded `/`, `\`, `?` or `#`
 * is a character of its segment like any other one, since nothing splits the decoded text again.
 */
export function parseTarget(raw: string): Target | HttpProblem {
  const { authority, rest } = splitAuthority(raw);
  const { path, query = "" } = originForm.exec(rest)?.groups ?? {};
  if (path === undefined) return invalid("expected a path and a query of characters that RFC 3986 allows");
  const parts = path.slice(1).split("/");
  const decoded = parts.map(decode);
  const isDecodable = (part: string | undefined): part is string => part !== undefined;
  if (!decoded.every(isDecodable) || decode(query) === undefined) return invalid("a percent-encoding is no UTF-8");
  if (decoded.some((part) => part === "." || part === "..")) return invalid("the path has a dot segment");
  if (decoded.some((part) => controls.test(part))) return invalid("the path has an encoded control character");
  const segments = parts.map((part, index) => ({ raw: part, decoded: decoded[index] ?? "" }));
  const { ticket, ...others } = parseQuery(query);
  return { segments, query: others, ticket: Array.isArray(ticket) ? ticket[0] : ticket, authority };
}

function splitAuthority(raw: string): { readonly authority: string | undefined; readonly rest: string } {
  if (raw.startsWith("/")) return { authority: undefined, rest: raw };
  const { authority, rest = "" } = absoluteForm.exec(raw)?.groups ?? {};
  return { authority, rest: authority !== undefined && !rest.startsWith("/") ? `/${rest}` : rest };
}

// eslint-disable-next-line no-control-regex -- these are the characters that are refused
const controls = /[\u0000-\u001f\u007f-\u009f]/;

function decode(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The target itself is not quoted: it may hold a ticket. */
function invalid(why: string): HttpProblem {
  return new HttpProblem(400, `the request target is invalid: ${why}`, {
    code: "REQUEST_INVALID",
    remedy: "Send a plain path, with every other character percent-encoded.",
  });
}
