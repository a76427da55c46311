import { type Problem, WorkspaceError } from "@codex-workspace/core";
import { InputPropertiesError } from "@pulumi/pulumi";

/** All problems of the args in one error, which the engine prints with their paths and without a stack. */
export function inputProblems(name: string, problems: readonly Problem[]): InputPropertiesError {
  return new InputPropertiesError({
    message: `the Codex workspace "${name}" cannot be made of these args`,
    errors: problems.map(({ path, message }) => ({ propertyPath: path, reason: message })),
  });
}

/** What a failure that we foresaw says of the args; any other one is thrown on. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (!(error instanceof WorkspaceError)) throw error;
  if (error.problems.length > 0) return error.problems;
  return [{ path: "args", message: `${error.message}. ${error.remedy}` }];
}

/** Whether a problem may be gone once what comes later has come: it is about that, a part of it, or what it is a part of. */
export function mayBeOf({ path }: Problem, later: readonly string[]): boolean {
  return later.some((part) => path === "spec" || isWithin(part, path) || isWithin(path, part));
}

function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`) || path.startsWith(`${whole}[`);
}
