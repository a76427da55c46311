import express, { type RequestHandler, type Router } from "express";

type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A router whose paths are matched to the letter, as AgentAPI's are: in their case, without a slash at the end. */
export function createRouter({ mergeParams = false } = {}): Router {
  return express.Router({ caseSensitive: true, strict: true, mergeParams });
}

/** Serves the methods of a path. Any other one, HEAD and OPTIONS too, is 405 without a body. */
export function route(router: Router, path: string, handlers: Partial<Record<Method, RequestHandler>>): void {
  const methods = Object.keys(handlers);
  const serve: RequestHandler = (request, response, next) => {
    const handler = handlers[request.method as Method];
    if (handler !== undefined) return handler(request, response, next);
    response.status(405).setHeader("Allow", methods.join(", ")).end();
  };
  // A router can be asked what it serves.
  router.all(path, Object.assign(serve, { methods }));
}
