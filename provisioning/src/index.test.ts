import { expect, test } from "vitest";
import * as provisioning from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(provisioning).sort()).toEqual([
    "buildContextDirectory",
    "createSecretResolver",
    "imageNames",
    "ownInputDefaults",
    "prepareWorkspace",
    "takeOwnInputs",
  ]);
});
