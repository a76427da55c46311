import { expect, test } from "vitest";
import * as component from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(component)).toEqual(["CodexWorkspace"]);
});
