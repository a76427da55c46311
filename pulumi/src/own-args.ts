import type { Problem } from "@codex-workspace/core";
import { getProject, getStack } from "@pulumi/pulumi";
import type { CodexWorkspaceArgs } from "./args.ts";

/** The args that are Pulumi's, with their defaults. */
export interface OwnArgs {
  readonly workspaceName: string;
  readonly demoModel: boolean;
  readonly onConfigChange: "reload" | "replace";
  readonly retainHome: boolean;
  readonly waitTimeoutSeconds: number;
}

/** Those, and the spec that is left without them. */
export function takeOwnArgs(
  name: string,
  args: CodexWorkspaceArgs,
): { readonly own: OwnArgs; readonly spec: Omit<CodexWorkspaceArgs, keyof OwnArgs> } {
  const {
    workspaceName = `${getProject()}-${getStack()}-${name}`,
    demoModel = false,
    onConfigChange = "reload",
    retainHome = true,
    waitTimeoutSeconds = 120,
    ...spec
  } = args;
  return { own: { workspaceName, demoModel, onConfigChange, retainHome, waitTimeoutSeconds }, spec };
}

/** What is wrong with them: they come from JavaScript too. */
export function ownProblems(own: OwnArgs): Problem[] {
  const expected: Readonly<Record<keyof OwnArgs, readonly [isRight: boolean, what: string]>> = {
    workspaceName: [
      /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(own.workspaceName),
      "up to 63 letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
    ],
    demoModel: [typeof own.demoModel === "boolean", "true or false"],
    onConfigChange: [["reload", "replace"].includes(own.onConfigChange), '"reload" or "replace"'],
    retainHome: [typeof own.retainHome === "boolean", "true or false"],
    waitTimeoutSeconds: [
      Number.isInteger(own.waitTimeoutSeconds) && own.waitTimeoutSeconds > 0,
      "a whole number of seconds above 0",
    ],
  };
  return Object.entries(expected).flatMap(([path, [isRight, what]]) =>
    isRight ? [] : [{ path, message: `expected ${what}, got ${JSON.stringify(own[path as keyof OwnArgs])}` }],
  );
}
