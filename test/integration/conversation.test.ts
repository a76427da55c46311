import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** What was said since `before`, as pairs of role and text. */
async function since(before: number): Promise<[string, string][]> {
  return (await workspace.messages()).slice(before).map(({ role, content }) => [role, content]);
}

test("markdown, tabs, fences and wide characters come back as the model wrote them", async () => {
  const before = (await workspace.messages()).length;
  const prompt = "**bold** `code`\n\n```ts\nconst a = 1;\n\tindented();\n```\n| a | b |\n|---|---|\n漢字 👩‍👩‍👧 e\u0301";
  await workspace.ask(prompt);
  expect(await since(before)).toEqual([
    ["user", prompt],
    ["agent", `Echo: ${prompt}`],
  ]);
});

test("ids count from the empty greeting on, roles alternate, times are RFC 3339 and do not go back", async () => {
  await workspace.ask("one more");
  const messages = await workspace.messages();
  expect(messages[0]).toMatchObject({ id: 0, role: "agent", content: "" });
  expect(messages.map(({ id }) => id)).toEqual(messages.map((_, index) => index));
  expect(messages.map(({ role }) => role)).toEqual(messages.map((_, index) => (index % 2 === 0 ? "agent" : "user")));
  const times = messages.map(({ time }) => Date.parse(time));
  expect(times.every((time) => !Number.isNaN(time))).toBe(true);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test("the user's text is trimmed of ASCII white space at both ends, and of nothing else", async () => {
  const before = (await workspace.messages()).length;
  await workspace.ask(" \t\r\n\f\v\u00a0 kept  inside \u00a0\n");
  expect((await since(before))[0]).toEqual(["user", "\u00a0 kept  inside \u00a0"]);
});

test("text that would press keys in a terminal is only text", async () => {
  const before = (await workspace.messages()).length;
  const prompt = "/quit\n!touch pressed\n\u001b[201~\u0003\u0004 @x";
  await workspace.ask(prompt);
  expect((await since(before))[0]).toEqual(["user", prompt]);
});

test("several agent messages of a turn are one message, with what the commands said left out", async () => {
  const before = (await workspace.messages()).length;
  const answer = await workspace.ask(
    "#model: reason thinking\n#model: run echo from-the-command\n#model: say Done **well**.",
  );
  expect(answer).toBe("Done **well**.");
  expect(await since(before)).toHaveLength(2);
});

test("while a turn runs: status running, reads at once, another prompt 409 and nothing of it kept", async () => {
  const before = (await workspace.messages()).length;
  expect((await workspace.prompt("#model: wait 1500ms\n#model: say late")).status).toBe(200);
  // Answered while the turn runs: the user's message is there, the agent's is not.
  expect(await since(before)).toHaveLength(1);
  expect((await workspace.get("/status")).body["status"]).toBe("running");
  expect((await workspace.status())["status"]).toBe("working");

  const refused = await workspace.prompt("too early");
  expect(refused.status).toBe(409);
  expect(refused.body).toMatchObject({ status: 409, code: "SESSION_BUSY", title: "Conflict" });

  await workspace.stable();
  expect(await since(before)).toEqual([
    ["user", "#model: wait 1500ms\n#model: say late"],
    ["agent", "late"],
  ]);
  expect(await workspace.ask("now")).toBe("Echo: now");
});

test("of two prompts at the same moment one is taken and one is refused", async () => {
  const before = (await workspace.messages()).length;
  const answers = await Promise.all([workspace.prompt("#model: wait 300ms\nfirst"), workspace.prompt("second")]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  await workspace.stable();
  expect(await since(before)).toHaveLength(2);
});

test("a turn that fails says why, and the session goes on", async () => {
  const answer = await workspace.ask("#model: fail 400 bad_thing");
  expect(answer).toMatch(/^Error: /);
  const { lastTurn } = await workspace.status();
  expect(lastTurn).toMatchObject({ status: "failed", error: answer.replace(/^Error: /, "") });
  expect(await workspace.ask("after it")).toBe("Echo: after it");
  expect((await workspace.status())["lastTurn"]).toEqual({
    id: expect.any(String) as string,
    status: "completed",
    finalMessage: "Echo: after it",
    usage: expect.objectContaining({ inputTokens: 100, outputTokens: 20 }) as unknown,
  });
});

test("an approval keeps the status running until somebody answers in the terminal", async () => {
  const before = (await workspace.messages()).length;
  await workspace.prompt("#model: run-escalated echo approved-$((6*7))");
  await until(async () => (await workspace.status())["status"] === "awaiting_approval", "Codex to ask");
  expect((await workspace.get("/status")).body["status"]).toBe("running");
  expect((await workspace.prompt("not now")).status).toBe(409);

  const screen = await workspace.followScreen();
  await until(() => screen().includes("Would you like to run"), "the terminal to ask").catch(() => {
    throw new Error(screen());
  });
  const isAnswered = async (): Promise<boolean> => (await workspace.status())["status"] !== "awaiting_approval";
  await workspace.typeUntil("y", isAnswered, "the answer to be taken");
  await workspace.stable();
  expect((await since(before))[1]?.[1]).toContain("approved-42");
});

test("a prompt of 100 KB and the one after it work", async () => {
  const prompt = "x".repeat(100 * 1024);
  expect(await workspace.ask(prompt)).toBe(`Echo: ${prompt}`);
  expect(await workspace.ask("small")).toBe("Echo: small");
});
