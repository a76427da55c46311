import { type ContainerRequest, hashOfFile, type VolumeRequest } from "@codex-workspace/core";
import type { ImageName, OwnInputs, PreparedWorkspace } from "@codex-workspace/provisioning";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { liftProperties } from "./lift-properties.ts";
import { toContainerArgs, toLabels } from "./to-container-args.ts";
import { toImageArgs } from "./to-image-args.ts";

export interface ResourceInputs {
  readonly parent: pulumi.Resource;
  /** What the names of all begin with. Names are contract: another one is another resource, and a new container. */
  readonly name: string;
  readonly own: OwnInputs;
  /** Says which resources there are. */
  readonly outline: PreparedWorkspace;
  readonly prepared: pulumi.Output<PreparedWorkspace>;
}

/** The containers that the component itself tells of. */
export interface WorkspaceContainers {
  readonly workspace: docker.Container;
  readonly gateway: docker.Container;
}

/** Creates what a workspace is made of. */
export function createResources(inputs: ResourceInputs): WorkspaceContainers {
  const { networks, volumes, containers } = inputs.outline.requests;
  const images = { image: createImage("image", inputs), "gateway-image": createImage("gateway-image", inputs) };
  const before: pulumi.Resource[] = [
    ...networks.map((_, index) => createNetwork(index, inputs)),
    ...volumes.map((request) => createVolume(request, inputs)),
  ];
  const created = new Map<ContainerRequest["role"], docker.Container>();
  for (const request of containers) {
    const { imageId } = images[request.image as ImageName];
    const container = createContainer(request, imageId, [...before], inputs);
    before.push(container);
    created.set(request.role, container);
  }
  const workspace = created.get("workspace");
  const gateway = created.get("model-gateway");
  if (workspace === undefined || gateway === undefined) throw new Error("a plan of containers has both");
  return { workspace, gateway };
}

function createImage(image: ImageName, { parent, name, prepared }: ResourceInputs): docker.RemoteImage {
  const args = prepared.apply(({ images }) => toImageArgs(images[image]()));
  const properties = liftProperties(args, ["name", "keepLocally", "triggers", "build"]);
  return new docker.RemoteImage(`${name}-${image}`, properties, { parent });
}

/**
 * For another label the provider would replace a network or volume, and lose what is in it. So only another name replaces one,
 * and it goes when no container has it any more.
 */
const lasting = { ignoreChanges: ["labels"], deleteBeforeReplace: false };

function createNetwork(index: number, { parent, name, outline, prepared }: ResourceInputs): docker.Network {
  const labels = prepared.apply(({ requests }) => toLabels(requests.networks[index]?.labels ?? {}));
  const args = { name: outline.requests.networks[index]?.name, labels };
  return new docker.Network(`${name}-network`, args, { ...lasting, parent });
}

function createVolume(request: VolumeRequest, { parent, name, own, prepared }: ResourceInputs): docker.Volume {
  const { role } = request;
  const labels = prepared.apply(({ requests }) => toLabels(find(requests.volumes, role).labels));
  // One that the args name is the user's.
  const isTheirs = role === "project" && request.name !== `codex-workspace-${own.workspaceName}-project`;
  const isKept = isTheirs || (own.retainHome && (role === "home" || role === "project"));
  return new docker.Volume(
    `${name}-${role}`,
    { name: request.name, labels },
    { ...lasting, parent, retainOnDelete: isKept },
  );
}

function createContainer(
  outline: ContainerRequest,
  image: pulumi.Input<string>,
  dependsOn: pulumi.Resource[],
  { parent, name, own, prepared }: ResourceInputs,
): docker.Container {
  const { role } = outline;
  const args = prepared.apply(({ requests }) => toContainerArgs(find(requests.containers, role)));
  const names = Object.keys(toContainerArgs(outline)) as (keyof ReturnType<typeof toContainerArgs>)[];
  // That of the workspace is the last to be created: with it, the whole is there.
  const gate = role === "workspace" ? { wait: true, waitTimeout: own.waitTimeoutSeconds } : {};
  return new docker.Container(
    `${name}-${role}`,
    { ...liftProperties(args, names), ...gate, image },
    {
      parent,
      dependsOn,
      // Its name is taken until then.
      deleteBeforeReplace: true,
      replacementTrigger: prepared.apply(({ replacedOn }) => hashOfFile(replacedOn[role] ?? "")),
      additionalSecretOutputs: ["uploads"],
    },
  );
}

function find<Request extends { readonly role: string }>(requests: readonly Request[], role: string): Request {
  const found = requests.find((request) => request.role === role);
  if (found === undefined) throw new Error(`the outline has a ${role} that the workspace has not`);
  return found;
}
