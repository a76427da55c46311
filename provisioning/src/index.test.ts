import { expect, test } from "vitest";
import * as provisioning from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(provisioning).sort()).toEqual([
    "SecretFiles",
    "UnreadFile",
    "cachedBuildContexts",
    "createSecretResolver",
    "imageNames",
    "isInside",
    "leadsThrough",
    "ownInputDefaults",
    "prepareWorkspace",
    "readRegularFile",
    "takeOwnInputs",
    "wayTo",
    "writeBuildContext",
  ]);
});
