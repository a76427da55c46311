import { expect, test } from "vitest";
import { areWritableRoots } from "./session-directory.ts";

const roots = ["/project"];
const workspaceWrite = (writableRoots: readonly string[]): object => ({ type: "workspaceWrite", writableRoots });

test.each([
  ["a root that is the thread's directory", "/project", workspaceWrite([]), true],
  ["a root that is listed", "/project/part", workspaceWrite(["/project", "/tmp"]), true],
  ["a root that is not listed", "/project/part", workspaceWrite([]), false],
  ["a root of another name", "/project/part", workspaceWrite(["/project/part", "/projects"]), false],
  ["a sandbox without roots", "/project/part", { type: "readOnly" }, false],
  ["a sandbox that is not reported", "/project/part", undefined, false],
])("%s", (_, cwd, sandbox, expected) => {
  expect(areWritableRoots(roots, { cwd, sandbox })).toBe(expected);
});
