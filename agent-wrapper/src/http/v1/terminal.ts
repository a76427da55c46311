import type { ServerResponse } from "node:http";
import type { Call } from "../call.ts";
import { HttpProblem } from "../problem.ts";

/** Answers a request for a session's terminal that is no WebSocket. */
export function refuseTerminal(_call: Call, response: ServerResponse): never {
  response.setHeader("Upgrade", "websocket");
  throw new HttpProblem(426, "the terminal is a WebSocket", {
    code: "REQUEST_INVALID",
    remedy: "Open it as a WebSocket (`new WebSocket(url)`); through a proxy, have it pass `Upgrade` on.",
  });
}
