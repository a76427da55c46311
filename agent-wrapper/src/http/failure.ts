import type { ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Call } from "./call.ts";
import { sendProblem, toProblem } from "./problem.ts";

/** Answers with what went wrong; the log has what only we can mend. */
export function sendFailure(response: ServerResponse, error: unknown, logger: Logger, call?: Call): void {
  const problem = toProblem(error);
  if (problem.status >= 500) {
    logger.error({ err: error, operation: call?.operation.id, params: call?.params }, "request failed");
  }
  sendProblem(response, problem);
}
