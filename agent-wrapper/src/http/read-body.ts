import type { IncomingMessage } from "node:http";
import { HttpProblem } from "./problem.ts";

export interface BodyLimits {
  /** A body that reaches this size is refused. @default 1 MiB, as in AgentAPI */
  readonly limitBytes?: number;
  /** How long it may take to come. @default 5 s, as in AgentAPI */
  readonly deadlineMs?: number;
}

/**
 * The body of a request as text; what is no UTF-8 in it becomes U+FFFD. It is read as it comes, whatever encoding it
 * claims, so that a small body cannot become a large one. The limits are AgentAPI's, where none are given.
 *
 * @throws HttpProblem 400, 408 or 413
 */
export function readBody(
  request: IncomingMessage,
  { limitBytes = 1_048_576, deadlineMs = 5_000 }: BodyLimits = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const deadline = setTimeout(() => {
      fail(new HttpProblem(408, "request body read timeout", { code: "BODY_TIMED_OUT" }));
    }, deadlineMs);
    const fail = (problem: HttpProblem): void => {
      clearTimeout(deadline);
      request.off("data", onData).resume();
      reject(problem);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size < limitBytes) chunks.push(chunk);
      else {
        fail(new HttpProblem(413, `request body is too large limit=${limitBytes} bytes`, { code: "BODY_TOO_LARGE" }));
      }
    };
    request.on("data", onData);
    request.once("end", () => {
      clearTimeout(deadline);
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
    // Nobody is there any more to read it.
    request.on("error", () => fail(new HttpProblem(400, "the request ended early", { code: "REQUEST_INVALID" })));
  });
}
