import { containerPaths } from "@codex-workspace/core";
import { expect, it } from "vitest";
import { commandAs, rootEnvironment, takeSetAside } from "./run-as.ts";

const env = { PATH: "/workspace/bin", LD_PRELOAD: "/workspace/x.so", NODE_OPTIONS: "--require=/x", SECRET: "s3cret" };
const command = { file: "/usr/local/bin/codex", args: ["app-server"], cwd: "/workspace", env };

it("starts as another user with no variable that root could be steered by", () => {
  const { file, args, cwd, env: given } = commandAs({ kind: "uid", uid: 1000 }, command);

  expect({ file, cwd }).toEqual({ file: containerPaths.launchProgram, cwd: "/" });
  expect(args).toEqual(["as", "1000", "/workspace", "/usr/local/bin/codex", "app-server"]);
  expect(given).toEqual({
    ...rootEnvironment,
    CODEX_WORKSPACE_CHILD_PATH: "/workspace/bin",
    CODEX_WORKSPACE_CHILD_LD_PRELOAD: "/workspace/x.so",
    CODEX_WORKSPACE_CHILD_NODE_OPTIONS: "--require=/x",
    CODEX_WORKSPACE_CHILD_SECRET: "s3cret",
  });
});

it("takes back what was set aside, and nothing else", () => {
  const { env: given } = commandAs({ kind: "uid", uid: 1000 }, command);

  expect(takeSetAside(given)).toEqual(env);
});

it("starts as itself with the environment as it is, and by absolute paths", () => {
  const { file, args, env: given } = commandAs({ kind: "self" }, command);

  expect([file, ...args].filter((word) => word.endsWith("codex"))).toEqual(["/usr/local/bin/codex"]);
  expect(file).toMatch(/^\//);
  expect(given).toEqual(env);
});
