import { ApiError, UnreachableError } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { describeError, exitCodeOf, showError } from "./show-error.ts";

const malformed = new WorkspaceError("spec.yaml is not valid YAML", {
  code: "SPEC_UNREADABLE",
  remedy: "Correct the line that is shown.",
  problems: [{ path: "spec.yaml", message: "bad", position: { line: 12, column: 4, lineText: "\ta: [" } }],
});

test("a malformed text is shown as a compiler does, the caret below its column", () => {
  expect(showError(malformed)).toBe(
    `error: spec.yaml is not valid YAML
  spec.yaml:12:4: bad
  12 | \ta: [
       \t  ^
→ Correct the line that is shown.`,
  );
});

test("every problem has its path", () => {
  const error = new WorkspaceError("the spec has 2 problems", {
    code: "SPEC_INVALID",
    remedy: "Correct them.",
    problems: [
      { path: "api.port", message: "expected number" },
      { path: "modle", message: "unknown; did you mean `model`?" },
    ],
  });

  expect(showError(error).split("\n").slice(1, 3)).toEqual([
    "  api.port: expected number",
    "  modle: unknown; did you mean `model`?",
  ]);
});

test("the stack is for --debug alone, with its cause", () => {
  const error = new Error("outer", { cause: new Error("inner") });

  expect(showError(error)).not.toContain("show-error.test.ts");
  expect(showError(error, { debug: true })).toMatch(/show-error\.test\.ts[\s\S]*caused by: Error: inner/);
});

test.each([
  [malformed, 2],
  [new WorkspaceError("m", { code: "WORKSPACE_NOT_FOUND", remedy: "r" }), 3],
  [new UnreachableError("http://127.0.0.1:1", undefined), 3],
  [new WorkspaceError("m", { code: "ENGINE_UNAVAILABLE", remedy: "r" }), 4],
  [new WorkspaceError("m", { code: "INTERRUPTED", remedy: "r" }), 130],
  [new WorkspaceError("m", { code: "START_FAILED", remedy: "r" }), 1],
  [new ApiError("m", { status: 401, code: "TOKEN_INVALID" }), 2],
  [new ApiError("m", { status: 409, code: "SESSION_BUSY" }), 1],
  [new Error("anything"), 1],
])("%s exits with %i", (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});

test("what nobody foresaw is INTERNAL", () => {
  expect(describeError(new TypeError("x is undefined"))).toMatchObject({ code: "INTERNAL", message: "x is undefined" });
});

test("a code of a server that is a name of the prototype is an ordinary failure", () => {
  for (const code of ["constructor", "toString", "__proto__"])
    expect(exitCodeOf(new WorkspaceError("x", { code: code as "INTERNAL", remedy: "x" }))).toBe(1);
});
