import { type Problem, Secret, type SecretReference } from "@codex-workspace/core";
import { type OwnInputs, type PreparedWorkspace, prepareWorkspace, takeOwnInputs } from "@codex-workspace/provisioning";
import { inputProblems, problemsOf } from "./input-problems.ts";
import { laterProblems } from "./later-problems.ts";
import { decided, type LaterText, type StoodIn, standIn } from "./later-values.ts";
import type { CodexWorkspaceProps } from "./props.ts";
import { resolveSecret } from "./resolve-secret.ts";
import type { LaterInputs } from "./terraform-texts.ts";

export interface PreparedProps {
  readonly own: OwnInputs;
  readonly prepared: PreparedWorkspace;
  /** What of both is still to come. */
  readonly later: LaterInputs & Pick<StoodIn, "numbers">;
}

/**
 * What a workspace of these props is made of.
 *
 * @param path - of the construct
 * @throws WorkspaceError `SPEC_INVALID` with every problem at once
 */
export function prepareProps(path: string, props: Omit<CodexWorkspaceProps, "provider">): PreparedProps {
  const { value, texts, numbers, refused } = standIn(props);
  const { own, spec } = takeOwnInputs(value as object, () => path.replaceAll(/[^a-zA-Z0-9_.-]+/g, "-"));
  const problems = [...refused, ...tokenProblems(props), ...proxyProblems(props)];
  const secretFiles = new Set<LaterText>();
  const resolve = (reference: SecretReference, projects?: readonly string[]): Secret => {
    const later = "file" in reference ? texts.find(({ planned }) => planned === reference.file) : undefined;
    if (later === undefined) return resolveSecret(reference, projects);
    secretFiles.add(later);
    return new Secret(later.planned);
  };
  try {
    const prepared = prepareWorkspace(spec, { ...own, resolveSecret: resolve });
    const inputs = { texts: texts.filter((text) => !secretFiles.has(text)), secretFiles: [...secretFiles] };
    problems.push(...laterProblems(prepared, inputs));
    if (problems.length === 0) return { own, prepared, later: { ...inputs, numbers } };
  } catch (error) {
    const untold = problemsOf(error).filter(({ path }) => problems.every((problem) => problem.path !== path));
    problems.push(...untold.map((problem) => inOwnWords(problem, texts)));
  }
  throw inputProblems(path, problems);
}

/** In the user's words: what stands for a value of Terraform's is not what is wrong. */
function inOwnWords(problem: Problem, texts: readonly LaterText[]): Problem {
  const text = texts.find(({ path, planned }) => path === problem.path || problem.message.includes(planned));
  return text === undefined ? problem : decided(text.path);
}

function tokenProblems({ api }: { readonly api?: { readonly token?: unknown } }): Problem[] {
  if (api?.token !== undefined) return [];
  return [{ path: "api.token", message: "is missing: { env: NAME } or { file: PATH } of a random token" }];
}

/** Arguments of a build are in Terraform's state. */
function proxyProblems({ image }: Pick<CodexWorkspaceProps, "image">): Problem[] {
  const build = image?.build;
  return (["httpProxy", "httpsProxy"] as const)
    .filter((name) => typeof build?.[name] === "object")
    .map((name) => ({
      path: `image.build.${name}`,
      message: "would be in clear in Terraform's state: build the image elsewhere, and name it in `image.prebuilt`",
    }));
}
