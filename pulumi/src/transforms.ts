import { type ContainerRequest, type Problem, renderKeyPath, type VolumeRequest } from "@codex-workspace/core";
import type { PreparedWorkspace } from "@codex-workspace/provisioning";
import type * as docker from "@pulumi/docker";
import type { CustomResourceOptions } from "@pulumi/pulumi";

/** How the resources of a workspace are registered otherwise than they would be. The names are those of the fields. */
export interface WorkspaceTransforms {
  readonly image?: Transform<docker.RemoteImageArgs> | undefined;
  readonly gatewayImage?: Transform<docker.RemoteImageArgs> | undefined;
  readonly network?: Transform<docker.NetworkArgs> | undefined;
  /** By role. */
  readonly volumes?:
    { readonly [Role in VolumeRequest["role"]]?: Transform<docker.VolumeArgs> | undefined } | undefined;
  readonly carrier?: Transform<docker.ContainerArgs> | undefined;
  readonly workspaceContainer?: Transform<docker.ContainerArgs> | undefined;
  readonly modelGateway?: Transform<docker.ContainerArgs> | undefined;
  readonly egressProxy?: Transform<docker.ContainerArgs> | undefined;
  readonly demoModel?: Transform<docker.ContainerArgs> | undefined;
}

/** Properties in place of a resource's own, or a function that says what to register; nothing: what it was given. */
export type Transform<Args> =
  Partial<Args> | ((args: Args, opts: CustomResourceOptions, name: string) => Transformed<Args> | undefined);

export interface Transformed<Args> {
  readonly args?: Args | undefined;
  readonly opts?: CustomResourceOptions | undefined;
}

/** The field that a container is. */
export const containerFields = {
  config: "carrier",
  workspace: "workspaceContainer",
  "model-gateway": "modelGateway",
  "egress-proxy": "egressProxy",
  "demo-model": "demoModel",
} as const satisfies Readonly<Record<ContainerRequest["role"], keyof WorkspaceTransforms>>;

/** What a resource is made of. */
export function applyTransform<Args extends object>(
  transform: Transform<Args> | undefined,
  name: string,
  args: Args,
  opts: CustomResourceOptions,
): [name: string, args: Args, opts: CustomResourceOptions] {
  if (typeof transform !== "function") return [name, { ...args, ...transform }, opts];
  const { args: otherArgs = args, opts: otherOpts = opts } = transform(args, opts, name) ?? {};
  return [name, otherArgs, otherOpts];
}

/** What is wrong with transforms of any shape: those that are none, and those of resources which the workspace has not. */
export function transformProblems(transforms: unknown, { requests }: PreparedWorkspace): Problem[] {
  if (!isObject(transforms)) return [{ path: "transform", message: "expected an object" }];
  const { volumes = {}, ...others } = transforms;
  const containers = requests.containers.map(({ role }) => containerFields[role]);
  return [
    ...problemsAt("transform", others, ["image", "gatewayImage", "network", "volumes", ...containers]),
    ...(isObject(volumes)
      ? problemsAt(
          "transform.volumes",
          volumes,
          requests.volumes.map(({ role }) => role),
        )
      : [{ path: "transform.volumes", message: "expected an object" }]),
  ];
}

function problemsAt(path: string, transforms: object, names: readonly string[]): Problem[] {
  return Object.entries(transforms).flatMap(([name, transform]) => {
    const at = { path: `${path}.${renderKeyPath([name])}` };
    if (!names.includes(name)) return [{ ...at, message: `is nothing that this workspace has: ${names.join(", ")}` }];
    const isRight = transform === undefined || typeof transform === "function" || isObject(transform);
    return isRight ? [] : [{ ...at, message: "expected properties, or a function of args, opts and name" }];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
