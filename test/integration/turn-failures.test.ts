import { expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

/** Of a test: several Codexes start at once, and refused keys take Codex five more requests. */
const timeout = 120_000;
const newer = "The 'gpt-6.3' model requires a newer version of Codex (0.180.0 or later). Please upgrade.";

/** Answers of OpenAI's API, each with the failure that it is. */
const answers = [
  [`fail 400 invalid_value ${newer}`, "CODEX_TOO_OLD", newer],
  [`fail 426 invalid_value ${newer}`, "CODEX_TOO_OLD", "requires a newer version"],
  ["fail 401 invalid_api_key Incorrect API key provided.", "MODEL_KEY_REFUSED", "Incorrect API key provided."],
  ["fail 429 insufficient_quota You exceeded your current quota.", "MODEL_QUOTA_EXCEEDED", ""],
  [
    "fail 404 model_not_found The model `gpt-nope` does not exist.",
    "MODEL_UNKNOWN",
    "The model `gpt-nope` does not exist.",
  ],
  ["fail 400 context_length_exceeded Your input exceeds the context window.", "CONTEXT_TOO_LONG", "context window"],
  ["fail 400 invalid_value Invalid value: 'x'.", "MODEL_REQUEST_REFUSED", "Invalid value: 'x'."],
  ["fail-stream insufficient_quota You exceeded your current quota.", "MODEL_QUOTA_EXCEEDED", ""],
] as const;

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  test
    .skipIf(without !== "")
    .concurrent(
      `Codex ${codexVersion}${without}: every refusal of the provider has its code and remedy`,
      { timeout },
      async () => {
        await using workspace = await TestWorkspace.create({ codexProgram });
        await workspace.start({ codexVersion });
        await workspace.ready();
        await Promise.all(
          answers.map(async ([directive, code, words], index) => {
            const session = `case-${index}`;
            await workspace.post("/v1/sessions", { name: session });
            const { id } = await workspace.enqueue(`#model: ${directive}`, {}, session);
            const { state, error, failure, turnId } = await workspace.ended(id, session);
            // 0.140 reports a 429 without its reason.
            const isUntold = codexVersion === "0.140.0" && directive.startsWith("fail 429");
            const expected = isUntold ? "MODEL_RATE_LIMITED" : code;
            const remedy = expect.stringMatching(expected === "CODEX_TOO_OLD" ? /0\.180\.0 or later/ : /\.$/) as string;
            expect({ state, failure }, directive).toMatchObject({
              state: "failed",
              failure: { code: expected, remedy },
            });
            expect(error, directive).toContain(words);
            expect(error, directive).not.toMatch(/[{}]/);
            const { lastTurn } = (await workspace.get(`/v1/sessions/${session}`)).body;
            expect(lastTurn).toMatchObject({ id: turnId, status: "failed", error, failure });
          }),
        );
        const asked = (words: string): number =>
          workspace.model.requests.filter(({ body }) => JSON.stringify(body ?? null).includes(words)).length;
        expect(asked("fail 400 invalid_value The 'gpt-6.3'")).toBe(1);
        expect(asked("fail 426")).toBeLessThanOrEqual(2);
      },
    );
}

test.concurrent("an interrupted prompt says by whom", { timeout }, async () => {
  await using workspace = await TestWorkspace.start();
  const runs = async (rest: object = {}): Promise<unknown> => {
    const { id } = await workspace.enqueue("#model: wait 60s\nlong", rest);
    await until(async () => {
      const { state } = (await workspace.get(`/v1/sessions/main/prompts/${String(id)}`)).body;
      return state === "running";
    }, "the prompt to run");
    return id;
  };
  const byPerson = await runs();
  const { body: interrupted } = await workspace.post("/v1/sessions/main/interrupt", {});
  expect(interrupted).toMatchObject({ status: "interrupted", interruptedBy: "person" });
  expect(await workspace.ended(byPerson)).toMatchObject({ state: "interrupted", interruptedBy: "person" });

  const byPrompt = await runs();
  const byShutdown = await runs({ whenBusy: "interrupt" });
  expect(await workspace.ended(byPrompt)).toMatchObject({ state: "interrupted", interruptedBy: "prompt" });

  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(await workspace.ended(byShutdown)).toMatchObject({ state: "interrupted", interruptedBy: "shutdown" });

  const byRestart = await runs();
  await workspace.stop("SIGKILL");
  await workspace.start();
  await workspace.ready();
  const ended = await workspace.ended(byRestart);
  expect(ended).toMatchObject({ state: "interrupted", interruptedBy: "restart" });
  const { lastTurn } = await workspace.status();
  expect(lastTurn).toMatchObject({ id: ended["turnId"], status: "interrupted", interruptedBy: "restart" });
  const { id } = await workspace.enqueue("to its end");
  expect(await workspace.ended(id)).not.toHaveProperty("interruptedBy");
});
