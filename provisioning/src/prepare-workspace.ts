import { readFileSync } from "node:fs";
import { buildContext, seccompProfile } from "@codex-workspace/agent-wrapper/image";
import {
  type BuildContext,
  carriedPath,
  containerDemoModelUrl,
  containerLayout,
  type ContainerRequest,
  type FileRequest,
  fixedSettings,
  isReread,
  parseSpec,
  planWorkspace,
  type Problem,
  renderFiles,
  Secret,
  type SecretReference,
  toWorkspaceRequests,
  WorkspaceError,
  type WorkspacePlan,
  type WorkspaceRequests,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { gatewayBuildContext } from "@codex-workspace/gateway";
import { demoProgram } from "@codex-workspace/scripted-model/demo-program";
import { grantProblems, resolveGrants } from "./grant-keys.ts";
import { type OwnInputs, ownProblems } from "./own-inputs.ts";
import type { ResolveSecret } from "./secret-resolver.ts";
import { wayTo } from "./way-to.ts";

/** The images that containers are created from: what the container requests have in place of one. */
export const imageNames = ["image", "gateway-image"] as const;

export type ImageName = (typeof imageNames)[number];

/** One that exists, or what to build. */
export type ImageSource = { readonly reference: string } | BuildContext;

/** All that a workspace is made of, before any of it is a resource. */
export interface PreparedWorkspace {
  readonly requests: WorkspaceRequests;
  /** Functions: a build context is large, and not always looked at. */
  readonly images: Readonly<Record<ImageName, () => ImageSource>>;
  /** By role: a text, large and without secrets. A container is replaced when it changes, whatever else of it stays. */
  readonly replacedOn: Readonly<Record<string, string>>;
  readonly token: Secret;
  readonly configHash: string;
  readonly codexVersion: string;
  readonly warnings: readonly string[];
}

export interface PrepareOptions extends OwnInputs {
  readonly resolveSecret: ResolveSecret;
}

/** In place of the token that the args have to have. */
const noToken = new Secret("none");

/**
 * @param spec - of any shape, and so may its options be
 * @throws WorkspaceError with all that is wrong in both: as `parseSpec`, `planWorkspace` and `toWorkspaceRequests` do;
 * `SPEC_INVALID` for what cannot be had of the Docker provider, and for grants and keys that are not each other's;
 * `SECRET_IN_PROJECT` for a secret file in the directory that is bound as the project; `WRAPPER_NOT_BUILT`
 */
export function prepareWorkspace(
  spec: unknown,
  { resolveSecret: resolveIn, ...own }: PrepareOptions,
): PreparedWorkspace {
  const { workspaceName, demoModel, grantKeys, onConfigChange } = own;
  const parsed = parseInputs(spec, own);
  const { project } = parsed;
  const projects = project?.bind === undefined ? [] : [wayTo(project.bind).real];
  const resolveSecret = (reference: SecretReference): Secret => resolveIn(reference, projects);
  const plan = planWorkspace(parsed, {
    name: workspaceName,
    resolveSecret,
    generatedToken: noToken,
    grants: resolveGrants(parsed, grantKeys, resolveSecret),
    demoModelUrl: demoModel ? containerDemoModelUrl : undefined,
    gateways: true,
  });
  const rendered = renderFiles(plan, containerLayout(plan));
  const requests = toWorkspaceRequests(plan, {
    image: "image" satisfies ImageName,
    gatewayImage: "gateway-image" satisfies ImageName,
    rendered,
    seccomp: seccompProfile(),
    demoModelProgram: demoModel ? readFileSync(demoProgram, "utf8") : undefined,
  });
  const files = requests.containers.flatMap((container) => container.files);
  const readAtStart: Readonly<Partial<Record<ContainerRequest["role"], readonly unknown[]>>> = {
    workspace: [fixedSettings(rendered.wrapper), onConfigChange === "replace" ? rendered.configHash : ""],
    "model-gateway": filesOfGateway("model-gateway", files),
    "egress-proxy": filesOfGateway("egress-proxy", files),
  };
  return {
    requests,
    images: imagesOf(plan),
    replacedOn: Object.fromEntries(
      requests.containers.map(({ role, hardening: { init, tmpfs }, healthcheck, mounts, resources }) => [
        role,
        // The provider stores a change of these and leaves the container as it is. It changes mounts where their number changes.
        JSON.stringify([init, tmpfs, healthcheck, mounts, lastingLimits(resources), readAtStart[role] ?? []]),
      ]),
    ),
    token: plan.api.tokens[0]?.token ?? noToken,
    configHash: rendered.configHash,
    codexVersion: plan.codexVersion,
    warnings: plan.warnings,
  };
}

/**
 * Returns what the provider cannot change in a running container: the limit of CPUs, and whether a limit exists. A limit that
 * is removed is sent as 0, which Docker reads as "leave the limit as it is".
 */
function lastingLimits({ memoryMiB, cpus, shmMiB }: ContainerRequest["resources"]): readonly unknown[] {
  return [cpus ?? null, memoryMiB !== undefined, shmMiB !== undefined];
}

function parseInputs(spec: unknown, own: OwnInputs): WorkspaceSpec {
  const wrong = ownProblems(own);
  if (wrong.length > 0) throw inputsInvalid([...wrong, ...problemsOf(spec)]);
  const parsed = parseSpec(spec);
  const unfit = [...grantProblems(parsed, own.grantKeys), ...inexpressible(parsed)];
  if (unfit.length > 0) throw inputsInvalid(unfit);
  return parsed;
}

function problemsOf(spec: unknown): readonly Problem[] {
  try {
    parseSpec(spec);
    return [];
  } catch (error) {
    if (error instanceof WorkspaceError) return error.problems;
    throw error;
  }
}

function inexpressible({ resources }: WorkspaceSpec): Problem[] {
  if (resources?.pids === undefined) return [];
  return [{ path: "resources.pids", message: "the Docker provider knows no limit of processes: leave it out" }];
}

function inputsInvalid(problems: readonly Problem[]): WorkspaceError {
  return new WorkspaceError("a workspace cannot be made of these inputs", {
    code: "SPEC_INVALID",
    remedy: "Correct the listed inputs.",
    problems,
  });
}

function imagesOf({ image, codexVersion, installCodex, network }: WorkspacePlan): PreparedWorkspace["images"] {
  if (network === undefined) throw new Error("a plan of containers has gateways");
  return {
    image: () => (image.kind === "prebuilt" ? image : buildContext({ ...image, codexVersion, installCodex })),
    "gateway-image": () => gatewayBuildContext(network.image),
  };
}

/** Without the credentials, which it reads again. */
function filesOfGateway(role: Parameters<typeof carriedPath>[0], files: readonly FileRequest[]): (readonly string[])[] {
  const own = files.filter((file) => file.path.startsWith(`${carriedPath(role)}/`) && !isReread(file));
  return own.map(({ path, content }) => [path, typeof content === "string" ? content : content.reveal()]);
}
