import { expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

test("AgentAPI's Stop interrupts the turn, whether a terminal is open or just opens", async () => {
  await using workspace = await TestWorkspace.start();
  const esc = { type: "raw", content: "\u001b" };
  const stopped = async (): Promise<void> => {
    expect((await workspace.post("/message", esc)).status).toBe(200);
    await until(async () => (await workspace.status())["status"] === "idle", "the turn to end", 5_000);
    expect(await workspace.status()).toMatchObject({ lastTurn: { status: "interrupted", interruptedBy: "person" } });
  };
  const working = async (): Promise<void> => {
    await workspace.prompt("#model: wait 60s\nlong");
    expect(await workspace.status()).toMatchObject({ status: "working" });
  };
  await working();
  await stopped();

  await working();
  const screen = await workspace.followScreen();
  await stopped();

  await working();
  await until(() => screen().includes("long"), "the terminal to show the turn");
  await stopped();
});
