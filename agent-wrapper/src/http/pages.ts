import { readdirSync } from "node:fs";
import { posix } from "node:path";
import type { RequestHandler, Response, Router } from "express";
import { createRouter, route } from "./route.ts";
import { sendNotFound } from "./text.ts";

const chatPage = "/chat/embed";

/** Types that a file's ending does not tell. */
const openApiType = { ".json": "application/vnd.oai.openapi+json", ".yaml": "application/vnd.oai.openapi+yaml" };

/**
 * What is the same in every workspace of a release, and so needs no token: the OpenAPI documents with a page that shows
 * them, and the chat page, which asks for the token itself.
 */
export function pagesRouter(directory: string, origins: readonly string[]): Router {
  const router = createRouter();
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const send = (file: string, type?: string): RequestHandler => {
    return (_request, response) => {
      if (type !== undefined) response.type(type);
      protect(response, file.startsWith("chat/") ? origins : []);
      response.sendFile(file, { root: directory, cacheControl: false });
    };
  };

  router.all(["/", "/chat", "/chat/"], (_request, response) => response.redirect(307, chatPage));
  for (const file of files) {
    const path = `/${file}`;
    switch (posix.dirname(file)) {
      case ".":
        if (file.startsWith("openapi")) route(router, path, { GET: send(file, openApiTypeOf(file)) });
        break;
      case "chat":
        router.all(file === "chat/embed.html" ? [chatPage, path] : path, send(file));
        break;
      case "docs":
        route(router, file === "docs/index.html" ? "/docs" : path, { GET: send(file) });
        break;
      case "schemas":
        route(router, path, { GET: send(file) });
        break;
    }
  }
  router.all(["/chat/*rest", "/docs/*rest", "/schemas/*rest"], (_request, response) => sendNotFound(response));
  return router;
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
