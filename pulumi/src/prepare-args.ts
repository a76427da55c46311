import { type Problem, Secret, WorkspaceError } from "@codex-workspace/core";
import { type OwnInputs, type PreparedWorkspace, prepareWorkspace, takeOwnInputs } from "@codex-workspace/provisioning";
import { getProject, getStack, type Output } from "@pulumi/pulumi";
import type { CodexWorkspaceArgs } from "./args.ts";
import { ArgsError, mayBeOf, problemsOf } from "./input-problems.ts";
import { expectLateHandling } from "./late-handling.ts";
import { settle, standIn } from "./later-values.ts";
import { resolveSecret } from "./resolve-secret.ts";
import { transformProblems, type WorkspaceTransforms } from "./transforms.ts";

/** What is known of a workspace when the program runs. */
export interface WorkspaceOutline {
  readonly own: OwnInputs;
  /** What resources there will be, whatever comes later. Of what they are made, only the names are right. */
  readonly outline: PreparedWorkspace;
}

/** Where a secret does not matter. */
const anySecret = new Secret("any");

/** The args but those that this package alone has. */
type Inputs = Omit<CodexWorkspaceArgs, "transform">;

/**
 * Checks what is known of the args when the program runs.
 *
 * @throws InputPropertiesError with every problem at once
 */
export function outlineArgs(name: string, args: Inputs, transforms: WorkspaceTransforms): WorkspaceOutline {
  const { value, later } = standIn(args);
  const { own, spec } = takeOwnInputs(value, () => defaultName(name));
  const whole = attempt(spec, { ...own, resolveSecret });
  const { project, statePersistence, network } = args;
  const decisive = { project, statePersistence, network: { mode: network?.mode } };
  const outline = attempt(decisive, { ...own, grantKeys: {}, resolveSecret: () => anySecret });
  const problems = [
    ...tooLate(later),
    ...[...tokenProblems(spec), ...faultsOf(whole, later)].filter((problem) => !mayBeOf(problem, later)),
    ...(outline instanceof WorkspaceError ? [] : transformProblems(transforms, outline)),
  ];
  if (problems.length > 0 || outline instanceof WorkspaceError) throw new ArgsError(name, problems);
  return { own, outline };
}

/** Tells it from the components of other programs and stacks. */
function defaultName(component: string): string {
  return `${getProject()}-${getStack()}-${component}`;
}

/** All of it, once everything has come. */
export function prepareArgs(name: string, args: Inputs): Output<PreparedWorkspace> {
  return settle(args).apply((settled) => {
    const { own, spec } = takeOwnInputs(settled, () => defaultName(name));
    const prepared = attempt(spec, { ...own, resolveSecret });
    if (!(prepared instanceof WorkspaceError)) return prepared;
    expectLateHandling();
    throw new ArgsError(name, problemsOf(prepared));
  });
}

function attempt(...inputs: Parameters<typeof prepareWorkspace>): PreparedWorkspace | WorkspaceError {
  try {
    return prepareWorkspace(...inputs);
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
}

function faultsOf(whole: PreparedWorkspace | WorkspaceError, later: readonly string[]): readonly Problem[] {
  if (!(whole instanceof WorkspaceError)) return [];
  // What stands in for a secret is not the URL that a proxy's is.
  return whole.code === "SECRET_INVALID" && later.length > 0 ? [] : problemsOf(whole);
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
