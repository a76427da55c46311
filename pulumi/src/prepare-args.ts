import { Secret } from "@codex-workspace/core";
import { ownProblems, type OwnInputs, type PreparedWorkspace, prepareWorkspace } from "@codex-workspace/provisioning";
import type { Output } from "@pulumi/pulumi";
import type { CodexWorkspaceArgs } from "./args.ts";
import { inputProblems, mayBeOf, problemsOf } from "./input-problems.ts";
import { settle, standIn } from "./later-values.ts";
import { resolveSecret } from "./resolve-secret.ts";

/** The args that are a spec's. */
type SpecOfArgs = Omit<CodexWorkspaceArgs, keyof OwnInputs>;

/** Where a secret does not matter. */
const anySecret = new Secret("any");

/**
 * Checks what is known of the args when the program runs.
 *
 * @throws InputPropertiesError with every problem at once
 */
export function checkArgs(name: string, own: OwnInputs, spec: SpecOfArgs): void {
  const { value, later } = standIn(spec);
  const problems = [...ownProblems(own), ...tokenProblems(spec)];
  try {
    prepareWorkspace(value, { ...own, resolveSecret });
  } catch (error) {
    problems.push(...problemsOf(error).filter((problem) => !mayBeOf(problem, later)));
  }
  if (problems.length > 0) throw inputProblems(name, problems);
}

function tokenProblems({ api }: { readonly api?: { readonly token?: unknown } | undefined }) {
  if (api?.token !== undefined) return [];
  return [{ path: "api.token", message: "is missing: a secret of the program's, such as config.requireSecret(NAME)" }];
}

/** What resources there will be, whatever comes later. Of what they are made, only the names are right. */
export function outlineOf(own: OwnInputs, { project, statePersistence, network }: SpecOfArgs): PreparedWorkspace {
  const { mode } = network ?? {};
  return prepareWorkspace({ project, statePersistence, network: { mode } }, { ...own, resolveSecret: () => anySecret });
}

/** All of it, once everything has come. */
export function prepareArgs(name: string, own: OwnInputs, spec: SpecOfArgs): Output<PreparedWorkspace> {
  return settle(spec).apply((settled) => {
    try {
      return prepareWorkspace(settled, { ...own, resolveSecret });
    } catch (error) {
      throw inputProblems(name, problemsOf(error));
    }
  });
}
