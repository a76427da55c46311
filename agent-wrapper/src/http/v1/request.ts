import express, { type Request, type RequestHandler } from "express";
import { HttpProblem } from "../problem.ts";

/** A schema of the api package. */
export interface Schema<T> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { path: readonly PropertyKey[]; message: string }[] };
      };
}

/** Room for a few images. */
export const maxPromptBytes = 16 * 1024 * 1024;
const maxBodyBytes = 1024 * 1024;

/** Reads a body as text, up to a limit; `bodyOf` makes sense of it. */
export function textBody(limit: number = maxBodyBytes): RequestHandler {
  return express.text({ type: () => true, limit, defaultCharset: "utf-8" });
}

/**
 * The request's JSON body.
 *
 * @throws HttpProblem 400, 415, 422
 */
export function bodyOf<T>(request: Request, schema: Schema<T>): T {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  // What a browser can send without asking first is not taken.
  if (type !== undefined && type !== "application/json")
    throw invalid(415, `unknown content type: ${type}`, "Send application/json.");
  const text = typeof request.body === "string" && request.body !== "" ? request.body : "{}";
  return checked(parseJson(text), schema, "body");
}

/**
 * The request's query.
 *
 * @throws HttpProblem 422
 */
export function queryOf<T>(request: Request, schema: Schema<T>): T {
  return checked(request.query, schema, "query");
}

function checked<T>(value: unknown, schema: Schema<T>, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({
    message,
    location: [where, ...path.map(String)].join("."),
  }));
  throw new HttpProblem(422, "validation failed", {
    code: "REQUEST_INVALID",
    remedy: "Correct what is named.",
    errors,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(400, `the body is no JSON: ${(error as Error).message}`, "Send a JSON object.");
  }
}

function invalid(status: number, detail: string, remedy: string): HttpProblem {
  return new HttpProblem(status, detail, { code: "REQUEST_INVALID", remedy });
}
