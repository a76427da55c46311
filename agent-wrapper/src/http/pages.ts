import { readdirSync } from "node:fs";
import { posix } from "node:path";
import type { Response } from "express";
import type { OperationId } from "./access/operations.ts";
import type { Handler, Handlers } from "./call.ts";
import { sendNotFound } from "./text.ts";

/** Types that a file's ending does not tell. */
const openApiType = { ".json": "application/vnd.oai.openapi+json", ".yaml": "application/vnd.oai.openapi+yaml" };

type PageId = Extract<OperationId, `get-${"root" | "chat" | "docs" | "schema" | "openapi"}${string}`>;

/**
 * Handlers of the files that are the same in every workspace of a release, and so need no token: the OpenAPI documents with
 * a page that shows them, and the chat page, which asks for the token itself. A file is found by its name in the list of
 * the directory, never by a path of a request.
 */
export function pageHandlers(directory: string, origins: readonly string[]): Handlers<PageId, Response> {
  const files = new Set(readdirSync(directory, { recursive: true, encoding: "utf8" }));
  const send = (file: string, response: Response): void => {
    // A page is at its own path alone: `/docs` and `/chat/embed` are the paths of these two.
    if (!files.has(file) || posix.extname(file) === "") {
      sendNotFound(response);
      return;
    }
    const type = file.startsWith("openapi") ? openApiTypeOf(file) : undefined;
    if (type !== undefined) response.type(type);
    protect(response, file.startsWith("chat/") ? origins : []);
    response.sendFile(file, { root: directory, cacheControl: false });
  };
  // Relative: a proxy may serve the workspace below a path of its own.
  const toChat = (location: string): Handler<Response> => {
    return (_call, response) => response.redirect(307, location);
  };
  const fileOf = (file: string): Handler<Response> => {
    return (_call, response) => send(file, response);
  };
  return {
    "get-root": toChat("chat/embed"),
    "get-chat": toChat("chat/embed"),
    "get-chat-file": (call, response) => {
      const { rest = "" } = call.params;
      if (rest === "") toChat("embed")(call, response);
      else send(rest === "embed" ? "chat/embed.html" : `chat/${rest}`, response);
    },
    "get-docs": fileOf("docs/index.html"),
    "get-docs-file": ({ params: { rest = "" } }, response) => {
      if (rest === "index.html") sendNotFound(response);
      else send(`docs/${rest}`, response);
    },
    "get-schema": ({ params: { rest = "" } }, response) => send(`schemas/${rest}`, response),
    "get-openapi-json": fileOf("openapi.json"),
    "get-openapi-yaml": fileOf("openapi.yaml"),
    "get-openapi-3.0-json": fileOf("openapi-3.0.json"),
    "get-openapi-3.0-yaml": fileOf("openapi-3.0.yaml"),
  };
}

function openApiTypeOf(file: string): string | undefined {
  return openApiType[posix.extname(file) as keyof typeof openApiType];
}

/** A page runs only what we serve, and is shown only where a page of ours or of an allowed origin shows it. */
function protect(response: Response, framedBy: readonly string[]): void {
  const policy = [
    "default-src 'none'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "script-src 'self'",
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${["'self'", ...framedBy].join(" ")}`,
  ];
  response.setHeader("Content-Security-Policy", policy.join("; "));
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cache-Control", "no-cache");
}
