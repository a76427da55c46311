import type { Problem, WorkspaceError } from "@codex-workspace/core";
import { InputPropertiesError } from "@pulumi/pulumi";

/** All problems of the args in one error, which the engine prints with their paths and without a stack. */
export function inputProblems(name: string, problems: readonly Problem[]): InputPropertiesError {
  return new InputPropertiesError({
    message: `the Codex workspace "${name}" cannot be made of these args`,
    errors: problems.map(({ path, message }) => ({ propertyPath: path, reason: message })),
  });
}

/** What a failure says of the args. */
export function problemsOf({ problems, message, remedy }: WorkspaceError): readonly Problem[] {
  return problems.length > 0 ? problems : [{ path: "args", message: `${message}. ${remedy}` }];
}

/** Whether a problem may be gone once what comes later has come: it is about that, a part of it, or what it is a part of. */
export function mayBeOf({ path }: Problem, later: readonly string[]): boolean {
  return later.some((part) => path === "spec" || isWithin(part, path) || isWithin(path, part));
}

function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`) || path.startsWith(`${whole}[`);
}
