import type { ServerResponse } from "node:http";

/** Answers with a line of text, as AgentAPI does where it has no JSON. */
export function sendText(response: ServerResponse, status: number, line: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.end(`${line}\n`);
}

/** What AgentAPI says of a path that it does not know. */
export function sendNotFound(response: ServerResponse): void {
  sendText(response, 404, "404 page not found");
}
