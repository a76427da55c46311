import { expect, test } from "vitest";
import { unknownVariables } from "./unknown-variables.ts";

test("names an unknown variable, with the nearest known one", () => {
  expect(unknownVariables({ CODEX_WORKSPACE_TOKEM: "x", CODEX_WORKSPACE_QQQQQQQQQQQ: "y" })).toEqual([
    expect.stringMatching(/CODEX_WORKSPACE_QQQQQQQQQQQ is ignored.*Unset it/),
    expect.stringMatching(/CODEX_WORKSPACE_TOKEM is ignored.*mean CODEX_WORKSPACE_TOKEN\?/),
  ]);
});

test("says nothing of known and foreign variables", () => {
  const env = { CODEX_WORKSPACE_TOKEN: "x", CODEX_WORKSPACE_CHILD_PATH: "y", CODEX_HOME: "z", WORKSPACE_X: "" };
  expect(unknownVariables(env)).toEqual([]);
});
