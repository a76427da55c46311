import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { TestWorkspace, until } from "../support/workspace.ts";

test("a prompt typed in the terminal is a message, and one sent over HTTP is on its screen", async () => {
  await using workspace = await TestWorkspace.start();
  const screen = await workspace.followScreen();
  await until(() => screen().includes("›"), "the terminal to show its prompt");

  await workspace.post("/message", { type: "raw", content: "typed by hand" });
  // Keys that come all at once are a paste, in which Enter is a line break.
  await until(() => screen().includes("typed by hand"), "the typed words on the screen");
  await delay(300);
  await workspace.post("/message", { type: "raw", content: "\r" });
  await until(async () => (await workspace.messages()).length === 3, "the typed prompt's answer", 8000).catch(
    (e: unknown) => {
      throw e;
    },
  );
  await workspace.stable();
  await workspace.ask("sent by HTTP");
  await until(() => screen().includes("sent by HTTP"), "the sent prompt on the screen");

  expect((await workspace.messages()).map(({ role, content }) => [role, content])).toEqual([
    ["agent", ""],
    ["user", "typed by hand"],
    ["agent", "Echo: typed by hand"],
    ["user", "sent by HTTP"],
    ["agent", "Echo: sent by HTTP"],
  ]);
});
