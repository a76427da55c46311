import { expect, test } from "vitest";
import { TestWorkspace } from "../support/workspace.ts";

test("a prompt sent over HTTP is answered by the real Codex, as markdown", async () => {
  await using workspace = await TestWorkspace.start();
  const prompt = "Say it **in bold**:\n\n```ts\nconst a = 1;\n\tindented();\n```\n| a | b |";
  expect(await workspace.ask(prompt)).toBe(`Echo: ${prompt}`);
  const messages = await workspace.messages();
  expect(messages.map(({ id, role, content }) => ({ id, role, content }))).toEqual([
    { id: 0, role: "agent", content: "" },
    { id: 1, role: "user", content: prompt },
    { id: 2, role: "agent", content: `Echo: ${prompt}` },
  ]);
  console.log(JSON.stringify(await workspace.status(), null, 1), workspace.log);
});
