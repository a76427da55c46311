import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import { pathOf } from "./path-of.ts";
import { sendProblem, toProblem } from "./problem.ts";

/** Answers with what went wrong; the log has what only we can mend. */
export function sendFailure(response: ServerResponse, error: unknown, logger: Logger): void {
  const problem = toProblem(error);
  if (problem.status >= 500) logger.error({ err: error, path: pathOf(response.req) }, "request failed");
  sendProblem(response, problem);
}
