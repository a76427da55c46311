import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { authorized, TestWorkspace } from "../support/workspace.ts";

test("a retry across an upgrade is the same prompt", async () => {
  await using workspace = await TestWorkspace.start();
  const send = () =>
    workspace.post("/v1/sessions/main/prompts", { input: "once" }, { ...authorized, "idempotency-key": "k" });
  const { id } = (await send()).body;
  await workspace.ended(id);
  await workspace.stop();
  // As releases wrote it before a key was the key of one token.
  const state = new DatabaseSync(join(workspace.layout.state, "wrapper.sqlite"));
  const { changes } = state
    .prepare("UPDATE prompts SET actor = NULL, same_key = 'client:k' WHERE id = ?")
    .run(String(id));
  expect(changes).toBe(1);
  state.exec("PRAGMA user_version = 12");
  state.close();

  await workspace.start();
  await workspace.ready();
  expect((await send()).body).toMatchObject({ id, state: "completed" });
  expect((await workspace.get("/v1/sessions/main/prompts")).body["prompts"]).toHaveLength(1);
  const another = await workspace.post(
    "/v1/sessions/main/prompts",
    { input: "another body" },
    { ...authorized, "idempotency-key": "k" },
  );
  expect([another.status, another.body["code"]]).toEqual([409, "IDEMPOTENCY_KEY_REUSED"]);
});
