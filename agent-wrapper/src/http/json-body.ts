import type { ProblemBody } from "@codex-workspace/api";
import type * as z from "zod";
import { HttpProblem } from "./problem.ts";

type Detail = NonNullable<ProblemBody["errors"]>[number];

/**
 * The JSON of a request as its schema has it, or all that is wrong with it, in AgentAPI's words.
 *
 * @throws HttpProblem 400, 415 or 422
 */
export function parseJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  contentType: string | undefined,
): z.output<Schema> {
  if (text === "") throw invalid(400, "request body is required");
  requireJson(contentType, text);
  const body = parseJson(text);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const details = result.error.issues.flatMap((issue) => toDetails(issue, body)).slice(0, maxDetails);
  const isShort = text.length * details.length <= maxEchoedCharacters;
  throw invalid(422, "validation failed", isShort ? details : details.map(({ value: _, ...detail }) => detail));
}

/** Faults of one body that are answered. */
const maxDetails = 100;
/** Each fault may repeat the whole body: without a bound, a body of 50,000 unknown keys has an answer of 25 GB. */
const maxEchoedCharacters = 1024 * 1024;

/** No Content-Type is taken for JSON, as AgentAPI does; what a browser can send without asking first is not. */
function requireJson(contentType: string | undefined, text: string): void {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "" || type === "application/json" || type.endsWith("+json")) return;
  throw invalid(415, "validation failed", [
    { message: `unknown content type: ${contentType}`, location: "body", value: text },
  ]);
}

/** Levels of nested arrays and objects of a body, a bound for recursive readers. Fields have smaller bounds. */
export const maxJsonDepth = 256;

function parseJson(text: string): unknown {
  if (isDeeperThan(maxJsonDepth, text)) {
    const message = `expected at most ${maxJsonDepth} levels of nested arrays and objects`;
    throw invalid(400, "validation failed", [{ message, location: "body" }]);
  }
  try {
    // Half a surrogate pair is no character; Codex, which is sent this, could not read it.
    return /\\ud/i.test(text) ? JSON.parse(text, (_key, value) => toWellFormed(value)) : JSON.parse(text);
  } catch (error) {
    throw invalid(400, "validation failed", [{ message: (error as Error).message, location: "body", value: text }]);
  }
}

/** Returns whether a text nests arrays and objects deeper than that, whether it is JSON or not; strings nest nothing. */
function isDeeperThan(maxDepth: number, text: string): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') isInString = !isInString;
    else if (isInString) index += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}

function toWellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if (Object.keys(value).every((key) => key.isWellFormed())) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key.toWellFormed(), own]));
}

function toDetails(issue: z.core.$ZodIssue, body: unknown): Detail[] {
  const location = locationOf(issue.path);
  const value = valueAt(body, issue.path);
  switch (issue.code) {
    case "unrecognized_keys": {
      return issue.keys.map((key) => ({ message: "unexpected property", location: `${location}.${key}`, value }));
    }
    case "invalid_type":
      if (value === undefined) return [missing(issue.path, body)];
      return [{ message: `expected ${issue.expected}`, location, value }];
    case "invalid_value": {
      if (value === undefined) return [missing(issue.path, body)];
      const words = issue.values.map(String).join(", ");
      const message = typeof value === "string" ? `expected value to be one of "${words}"` : "expected string";
      return [{ message, location, value }];
    }
    default:
      return [{ message: issue.message, location, value }];
  }
}

function missing(path: readonly PropertyKey[], body: unknown): Detail {
  const parent = path.slice(0, -1);
  return {
    message: `expected required property ${String(path.at(-1))} to be present`,
    location: locationOf(parent),
    value: valueAt(body, parent),
  };
}

function locationOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((at, key) => `${at}${typeof key === "number" ? `[${key}]` : `.${String(key)}`}`, "body");
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], body);
}

function invalid(status: number, detail: string, errors?: Detail[]): HttpProblem {
  return new HttpProblem(status, detail, { code: "REQUEST_INVALID", ...(errors !== undefined && { errors }) });
}
