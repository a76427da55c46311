import { expect, test } from "vitest";
import * as terraformModule from "./index.ts";

test("the public names of what writes a module", () => {
  expect(Object.keys(terraformModule)).toEqual(["moduleComment", "renderTerraformModule"]);
});
