import { expect, test } from "vitest";
import { operations } from "./operations.ts";
import { routes } from "./routes.ts";

test("every route is described, once", () => {
  expect(operations.map(({ operationId }) => operationId)).toEqual(Object.keys(routes));
});
