import { type Problem, Secret, WorkspaceError } from "@codex-workspace/core";
import { type OwnInputs, type PreparedWorkspace, prepareWorkspace } from "@codex-workspace/provisioning";
import type { Output } from "@pulumi/pulumi";
import type { CodexWorkspaceArgs } from "./args.ts";
import { inputProblems, mayBeOf, problemsOf } from "./input-problems.ts";
import { settle, standIn } from "./later-values.ts";
import { takeOwnArgs } from "./own-args.ts";
import { resolveSecret } from "./resolve-secret.ts";

/** What is known of a workspace when the program runs. */
export interface WorkspaceOutline {
  readonly own: OwnInputs;
  /** What resources there will be, whatever comes later. Of what they are made, only the names are right. */
  readonly outline: PreparedWorkspace;
}

/** Where a secret does not matter. */
const anySecret = new Secret("any");

/**
 * Checks what is known of the args when the program runs.
 *
 * @throws InputPropertiesError with every problem at once
 */
export function outlineArgs(name: string, args: CodexWorkspaceArgs): WorkspaceOutline {
  const { value, later } = standIn(args);
  const { own, spec } = takeOwnArgs(name, value);
  const found = [...tokenProblems(spec), ...wholeProblems(own, spec, later)];
  const problems = [...tooLate(later), ...found.filter((problem) => !mayBeOf(problem, later))];
  if (problems.length > 0) throw inputProblems(name, problems);
  const { project, statePersistence, network: { mode } = {} } = args;
  const decisive = { project, statePersistence, network: { mode } };
  return { own, outline: prepareWorkspace(decisive, { ...own, grantKeys: {}, resolveSecret: () => anySecret }) };
}

/** All of it, once everything has come. */
export function prepareArgs(name: string, args: CodexWorkspaceArgs): Output<PreparedWorkspace> {
  return settle(args).apply((settled) => {
    const { own, spec } = takeOwnArgs(name, settled);
    try {
      return prepareWorkspace(spec, { ...own, resolveSecret });
    } catch (error) {
      throw inputProblems(name, problemsOf(error));
    }
  });
}

function wholeProblems(own: OwnInputs, spec: object, later: readonly string[]): readonly Problem[] {
  try {
    prepareWorkspace(spec, { ...own, resolveSecret });
    return [];
  } catch (error) {
    // What stands in for a secret is not the URL that a proxy's is.
    if (later.length > 0 && error instanceof WorkspaceError && error.code === "SECRET_INVALID") return [];
    return problemsOf(error);
  }
}

function tokenProblems({ api }: { readonly api?: { readonly token?: unknown } }): Problem[] {
  if (api?.token !== undefined) return [];
  return [{ path: "api.token", message: "is missing: a secret of the program's, such as config.requireSecret(NAME)" }];
}

/** `grantKeys.NAME`: which grants there are is known, and their keys and hosts come when they come. */
const known =
  /^(workspaceName|demoModel|onConfigChange|retainHome|waitTimeoutSeconds|statePersistence|project(\..+)?|network(\.mode)?|grantKeys(\.("[^"]*"|[^.]+))?)$/;

function tooLate(later: readonly string[]): Problem[] {
  const message = "has to be known when the program runs, and is an output";
  return later.filter((path) => known.test(path)).map((path) => ({ path, message }));
}
