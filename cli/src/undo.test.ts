import { expect, test } from "vitest";
import { Undo } from "./undo.ts";

test("steps are taken back in reverse; one that fails stops no other and is told", async () => {
  const done: string[] = [];
  const undo = new Undo();
  undo.defer("network", () => Promise.resolve(done.push("network")));
  undo.defer("volume", () => Promise.reject(new Error("in use")));
  undo.defer("container", () => Promise.resolve(done.push("container")));

  expect(await undo.run()).toEqual(["volume: in use"]);
  expect(done).toEqual(["container", "network"]);
  expect(undo.isEmpty).toBe(true);
});
