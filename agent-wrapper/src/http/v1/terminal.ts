import type { Router } from "express";
import { HttpProblem } from "../problem.ts";
import { route } from "../route.ts";

/** What a session's terminal answers to a request that is no WebSocket; those never come here. */
export function addTerminalRoute(router: Router): void {
  route(router, "/terminal", {
    GET(_request, response) {
      response.setHeader("Upgrade", "websocket");
      throw new HttpProblem(426, "the terminal is a WebSocket", {
        code: "REQUEST_INVALID",
        remedy: "Open it as a WebSocket (`new WebSocket(url)`); through a proxy, have it pass `Upgrade` on.",
      });
    },
  });
}
