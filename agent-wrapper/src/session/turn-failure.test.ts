import { turnFailureCodes } from "@codex-workspace/api";
import { expect, test } from "vitest";
import { failed, isTerminal, toFailedOutcome } from "./turn-failure.ts";

const url = "http://127.0.0.1:3000/v1/responses";
const openAi = (message: string, code: string): string =>
  JSON.stringify({ error: { message, type: "invalid_request_error", param: null, code } });
const newer =
  "The 'gpt-6.3' model requires a newer version of Codex. Please upgrade to the latest app or CLI and try again.";
const connection = (httpStatusCode: number | null): object => ({ httpConnectionFailed: { httpStatusCode } });
const tooMany = { responseTooManyFailedAttempts: { httpStatusCode: 429 } };
const noKey = `unexpected status 401 Unauthorized: Incorrect API key provided: sk-wrong., url: ${url}`;
const noModel = "The model `gpt-nope` does not exist or you do not have access to it.";
const tooLong = "Your input exceeds the context window of this model.";

/** `TurnError` of the versions, recorded from real Codex and OpenAI's answers. */
const recorded: readonly (readonly [
  versions: string,
  message: string,
  info: unknown,
  code: string,
  status?: number,
])[] = [
  ["all", JSON.stringify({ detail: newer }), "other", "CODEX_TOO_OLD", 400],
  ["all", openAi(newer, "invalid_value"), "other", "CODEX_TOO_OLD", 400],
  ["0.140", noKey, "other", "MODEL_KEY_REFUSED", 401],
  ["0.162", noKey, connection(401), "MODEL_KEY_REFUSED", 401],
  ["0.140", `unexpected status 403 Forbidden: Country not supported, url: ${url}`, "other", "MODEL_ACCESS_DENIED", 403],
  ["0.140", "exceeded retry limit, last status: 429 Too Many Requests", tooMany, "MODEL_RATE_LIMITED", 429],
  ["0.155", "Quota exceeded. Check your plan and billing details.", "usageLimitExceeded", "MODEL_QUOTA_EXCEEDED"],
  ["0.155", "rate limit exceeded: Rate limit reached.", "rateLimitExceeded", "MODEL_RATE_LIMITED"],
  ["0.140", "stream disconnected before completion: Rate limit reached.", "other", "MODEL_RATE_LIMITED"],
  ["0.140", `unexpected status 404 Not Found: ${noModel}, url: ${url}`, "other", "MODEL_UNKNOWN", 404],
  ["0.162", `unexpected status 404 Not Found: ${noModel}, url: ${url}`, connection(404), "MODEL_UNKNOWN", 404],
  ["0.169", noModel, "modelNotFound", "MODEL_UNKNOWN"],
  ["0.162", openAi("The requested model 'x' does not exist.", "model_not_found"), "other", "MODEL_UNKNOWN", 400],
  [
    "0.162",
    `unexpected status 404 Not Found: nothing here, url: ${url}?model=x`,
    "other",
    "PROVIDER_PATH_UNKNOWN",
    404,
  ],
  ["0.162", openAi(tooLong, "context_length_exceeded"), "other", "CONTEXT_TOO_LONG", 400],
  ["0.169", "Codex ran out of room in the model's context window.", "contextWindowExceeded", "CONTEXT_TOO_LONG"],
  [
    "0.169",
    `unexpected status 413 Payload Too Large: Request too large, url: ${url}`,
    connection(413),
    "CONTEXT_TOO_LONG",
    413,
  ],
  ["all", openAi("Invalid value: 'x'.", "invalid_value"), "other", "MODEL_REQUEST_REFUSED", 400],
  ["all", "Invalid prompt: we've limited access to this content for safety reasons.", "other", "MODEL_CONTENT_REFUSED"],
  ["all", "not allowed", "cyberPolicy", "MODEL_CONTENT_REFUSED"],
  ["all", "We're currently experiencing high demand.", "internalServerError", "PROVIDER_FAILED", 500],
  ["all", "stream disconnected before completion: The server had an error.", "other", "PROVIDER_FAILED"],
  ["all", "Selected model is at capacity. Please try a different model.", "serverOverloaded", "PROVIDER_OVERLOADED"],
  ["0.169", "Connection failed: error sending request", connection(null), "PROVIDER_UNREACHABLE"],
  [
    "0.140",
    `stream disconnected before completion: error sending request for url (${url})`,
    "other",
    "PROVIDER_UNREACHABLE",
  ],
  ["0.169", "bad request", "other", "TURN_FAILED"],
  ["a later one", "something new", { somethingNew: { more: true } }, "TURN_FAILED"],
  ["a later one", "something new", null, "TURN_FAILED"],
];

test.for(recorded)("%s: %s", ([, message, codexErrorInfo, code, httpStatus]) => {
  const { error, failure } = toFailedOutcome({ message, codexErrorInfo });
  expect(failure.code).toBe(code);
  expect(failure.remedy).toMatch(/\.$/);
  expect(failure.httpStatus).toBe(httpStatus);
  expect(failure["codexErrorInfo"] ?? null).toEqual(codexErrorInfo);
  expect(error).not.toMatch(/[{}<>]/);
});

test.each([
  [JSON.stringify({ detail: newer }), newer],
  [openAi("Too long.", "context_length_exceeded"), "Too long. (context_length_exceeded)"],
  [JSON.stringify({ error: "in short" }), "in short"],
  [JSON.stringify({ message: "flat" }), "flat"],
  [JSON.stringify({ detail: [{ loc: ["body"], msg: "one" }, { msg: "two" }] }), "one; two"],
  [
    `unexpected status 401 Unauthorized: {"error":{"message":"No key."}}, url: ${url}`,
    `unexpected status 401 Unauthorized: No key., url: ${url}`,
  ],
  [
    `unexpected status 502 Bad Gateway: <html><style>a{}</style><h1>502 Bad Gateway</h1></html>, url: ${url}`,
    `unexpected status 502 Bad Gateway: 502 Bad Gateway, url: ${url}`,
  ],
  ["{not JSON", "{not JSON"],
  ['{"unknown":1}', '{"unknown":1}'],
])("says %s in words", (message, words) => {
  expect(toFailedOutcome({ message }).error).toBe(words);
});

test("names the version to set, where the provider tells one", () => {
  const told = newer.replace("of Codex.", "of Codex (0.180.0 or later).");
  expect(toFailedOutcome({ message: told }).failure.remedy).toContain("`codexVersion` to 0.180.0 or later");
  expect(toFailedOutcome({ message: newer.replace("gpt-6.3", "gpt-6.3.1") }).failure.remedy).toContain(
    "to a newer version",
  );
});

test("only a Codex that is too old ends a turn before Codex gives up", () => {
  expect(isTerminal(toFailedOutcome({ message: newer }))).toBe(true);
  expect(isTerminal(toFailedOutcome({ message: noKey }))).toBe(false);
});

test("every code has a remedy", () => {
  for (const code of turnFailureCodes) expect(failed(code, "why").failure.remedy).toMatch(/\.$/);
});
