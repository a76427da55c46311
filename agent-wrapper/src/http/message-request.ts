import type { MessageRequest, ProblemBody } from "@codex-workspace/api";
import { HttpProblem } from "./problem.ts";

/** AgentAPI's limit: a body that reaches this many bytes is refused. */
export const maxBodyBytes = 1_048_576;

/**
 * The body of `POST /message`, checked as AgentAPI checks it, with its words.
 *
 * @throws HttpProblem 400, 415 or 422
 */
export function parseMessageRequest(text: string, contentType: string | undefined): MessageRequest {
  requireJson(contentType);
  if (text === "") throw invalid(400, "request body is required");
  const body = parseJson(text);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalid(422, "validation failed", [{ message: "expected object", location: "body", value: body }]);
  }
  const { content, type } = body as Record<string, unknown>;
  const errors: NonNullable<ProblemBody["errors"]> = [];
  for (const key of ["content", "type"]) {
    if (!(key in body)) {
      errors.push({ message: `expected required property ${key} to be present`, location: "body", value: body });
    }
  }
  for (const [key, value] of Object.entries(body)) {
    if (!["content", "type", "$schema"].includes(key)) {
      errors.push({ message: "unexpected property", location: `body.${key}`, value: body });
    } else if (typeof value !== "string") {
      errors.push({ message: "expected string", location: `body.${key}`, value });
    }
  }
  if (typeof type === "string" && type !== "user" && type !== "raw") {
    errors.push({ message: 'expected value to be one of "user, raw"', location: "body.type", value: type });
  }
  if (errors.length > 0) throw invalid(422, "validation failed", errors);
  return { content, type } as MessageRequest;
}

/** Go's `strings.TrimSpace` for ASCII: what AgentAPI takes off both ends of a user's text. A no-break space stays. */
export function trimUserText(content: string): string {
  return content.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, "");
}

/** No Content-Type is taken for JSON, as AgentAPI does; what a browser can send without asking first is not. */
function requireJson(contentType: string | undefined): void {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  if (type === undefined || type === "application/json" || type.endsWith("+json")) return;
  throw invalid(415, "validation failed", [{ message: `unknown content type: ${type}`, location: "body" }]);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(400, "validation failed", [{ message: (error as Error).message, location: "body", value: text }]);
  }
}

function invalid(status: number, detail: string, errors?: ProblemBody["errors"]): HttpProblem {
  return new HttpProblem(status, detail, { code: "REQUEST_INVALID", ...(errors !== undefined && { errors }) });
}
