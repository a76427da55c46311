import { expect, test } from "vitest";
import * as client from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(client).sort()).toEqual([
    "ApiError",
    "UnreachableError",
    "WorkspaceClient",
    "createClient",
    "firstBrokenEntry",
    "toApiError",
  ]);
});
