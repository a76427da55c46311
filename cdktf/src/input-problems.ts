import { type Problem, WorkspaceError } from "@codex-workspace/core";

/** All problems of the props in one error, which Node prints with their paths and without a stack. */
export function inputProblems(path: string, problems: readonly Problem[]): WorkspaceError {
  const lines = problems.map((problem) => `  ${problem.path}: ${problem.message}`);
  const error = new WorkspaceError(
    [`the Codex workspace "${path}" cannot be made of these props`, ...lines].join("\n"),
    { code: "SPEC_INVALID", remedy: "Correct the listed properties; docs/cdktf.md says what each takes.", problems },
  );
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** What a failure that we foresaw says of the props; any other one is thrown on. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (!(error instanceof WorkspaceError)) throw error;
  if (error.problems.length > 0) return error.problems;
  return [{ path: "props", message: `${error.message}. ${error.remedy}` }];
}
