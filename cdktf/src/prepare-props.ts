import type { Problem } from "@codex-workspace/core";
import { type OwnInputs, type PreparedWorkspace, prepareWorkspace } from "@codex-workspace/provisioning";
import { inputProblems, problemsOf } from "./input-problems.ts";
import { laterPaths } from "./later-values.ts";
import type { SpecOfProps } from "./own-props.ts";
import { resolveSecret } from "./resolve-secret.ts";

/**
 * What a workspace of these props is made of.
 *
 * @param path - of the construct
 * @throws WorkspaceError `SPEC_INVALID` with every problem at once
 */
export function prepareProps(path: string, own: OwnInputs, spec: SpecOfProps): PreparedWorkspace {
  const later = laterPaths({ ...own, ...spec });
  if (later.length > 0) throw inputProblems(path, later.map(laterProblem));
  const problems = [...tokenProblems(spec), ...proxyProblems(spec)];
  try {
    const prepared = prepareWorkspace(spec, { ...own, resolveSecret });
    if (problems.length === 0) return prepared;
  } catch (error) {
    problems.push(...problemsOf(error));
  }
  throw inputProblems(path, problems);
}

function laterProblem(path: string): Problem {
  return { path, message: "is known only when Terraform runs: give a value that is known when the program does" };
}

function tokenProblems({ api }: { readonly api?: { readonly token?: unknown } | undefined }): Problem[] {
  if (api?.token !== undefined) return [];
  return [{ path: "api.token", message: "is missing: { env: NAME } or { file: PATH } of a random token" }];
}

/** Arguments of a build are in Terraform's state. */
function proxyProblems({ image }: SpecOfProps): Problem[] {
  const build = image?.build;
  return (["httpProxy", "httpsProxy"] as const)
    .filter((name) => typeof build?.[name] === "object")
    .map((name) => ({
      path: `image.build.${name}`,
      message: "would be in clear in Terraform's state: build the image elsewhere, and name it in `image.prebuilt`",
    }));
}
