import { expect, test } from "vitest";
import * as construct from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(construct)).toEqual(["CodexWorkspace"]);
});
