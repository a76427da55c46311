import { createClient } from "@codex-workspace/client";
import { expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace, token } from "../support/workspace.ts";

test("a model endpoint that repeats its ids loses no answer", async () => {
  await using workspace = await TestWorkspace.start({}, { model: { responseId: () => "resp_0" } });
  const client = createClient({ baseUrl: workspace.url, token });
  const streamed: string[] = [];
  const leaving = new AbortController();
  const following = (async () => {
    for await (const { type, data } of client.events({ signal: leaving.signal }))
      if (type === "message_update") streamed[data.id] = data.message;
  })().catch(() => undefined);
  const answers = ["one", "two", "three"];
  for (const word of answers)
    expect((await client.prompt(`#model: run echo ${word}\n#model: say ${word}`)).content).toBe(word);
  const said = async (): Promise<string[]> =>
    (await workspace.messages()).filter(({ role }) => role === "agent").map(({ content }) => content);
  expect(await said()).toEqual(["", ...answers]);
  await until(() => answers.every((word) => streamed.includes(word)), "every answer in the stream");
  leaving.abort();
  await following;
  const { items } = (await workspace.get("/v1/sessions/main/items?type=agentMessage")).body;
  expect(items).toMatchObject(answers.map((text) => ({ item: { text } })));

  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(await said()).toEqual(["", ...answers]);
  expect(await workspace.ask("four")).toBe("Echo: four");
});
