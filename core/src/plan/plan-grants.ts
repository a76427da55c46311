import { type Problem, WorkspaceError } from "../errors.ts";
import type { ResolvedGrant } from "../grant.ts";
import type { Secret } from "../secret.ts";
import type { WorkspaceSpec } from "../spec/workspace-spec.ts";

/** What the grants of a spec are for. */
export interface PlannedGrants {
  /** In place of `modelProvider.apiKey`. */
  readonly modelKey: Secret | undefined;
}

/**
 * Finds what each grant of a spec is for.
 *
 * @param resolved - a secret for each of `grants`; others do not count
 * @param modelUrl - the base URL of the model provider
 * @throws WorkspaceError `GRANT_NOT_FOUND` for those without a secret; `SPEC_INVALID` for those that nothing uses, or that are
 * for another host than the one they would be sent to
 */
export function planGrants(spec: WorkspaceSpec, resolved: readonly ResolvedGrant[], modelUrl: string): PlannedGrants {
  const granted = grantsOf(spec, resolved);
  const problems = [...openaiProblems(spec, granted, modelUrl), ...unusedProblems(granted)];
  if (problems.length === 0) return { modelKey: granted.get("openai")?.secret };
  throw new WorkspaceError("the grants of the spec do not fit what would use them", {
    code: "SPEC_INVALID",
    remedy: "Correct the listed inputs; `codex-workspace grant list` shows the host that each grant is for.",
    problems,
  });
}

/** A grant, and where the spec names it. */
type Granted = ResolvedGrant & { readonly path: string };

function grantsOf({ grants = [] }: WorkspaceSpec, resolved: readonly ResolvedGrant[]): ReadonlyMap<string, Granted> {
  const named = [...new Set(grants)].map((name) => ({ name, path: `grants[${grants.indexOf(name)}]` }));
  const found = named.flatMap(({ name, path }) =>
    resolved.filter((grant) => grant.name === name).map((grant) => ({ ...grant, path })),
  );
  const missing = named.filter(({ name }) => found.every((grant) => grant.name !== name));
  if (missing.length === 0) return new Map(found.map((grant) => [grant.name, grant]));
  throw new WorkspaceError(`there is no secret of ${missing.map(({ name }) => `grant "${name}"`).join(", ")}`, {
    code: "GRANT_NOT_FOUND",
    remedy: "Resolve every grant that the spec names, or take it out of `grants`.",
    problems: missing.map(({ path }) => ({ path, message: "has no secret" })),
  });
}

function openaiProblems(
  { modelProvider }: WorkspaceSpec,
  granted: ReadonlyMap<string, Granted>,
  modelUrl: string,
): Problem[] {
  const grant = granted.get("openai");
  if (grant === undefined) return [];
  const problems: Problem[] = [];
  const { host } = new URL(modelUrl);
  if (grant.host !== host) {
    problems.push({ path: grant.path, message: `is for ${grant.host}, and the model provider is at ${host}` });
  }
  if (modelProvider?.apiKey !== undefined) {
    problems.push({
      path: "modelProvider.apiKey",
      message: "means nothing beside the grant `openai`, which is the key",
    });
  }
  return problems;
}

function unusedProblems(granted: ReadonlyMap<string, Granted>): Problem[] {
  const unused = [...granted.values()].filter(({ name }) => name !== "openai");
  return unused.map(({ path }) => ({ path, message: "nothing of the spec uses it" }));
}
