import { type ContainerRequest, hashOfFile, type VolumeRequest } from "@codex-workspace/core";
import type { ImageName, OwnInputs, PreparedWorkspace } from "@codex-workspace/provisioning";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { liftProperties } from "./lift-properties.ts";
import { shownLog } from "./shown-log.ts";
import { toContainerArgs, toLabels } from "./to-container-args.ts";
import { toImageArgs } from "./to-image-args.ts";
import { applyTransform, containerFields, type Transform, type WorkspaceTransforms } from "./transforms.ts";

export interface ResourceInputs {
  readonly parent: pulumi.Resource;
  /** What the names of all begin with. Names are contract: another one is another resource, and a new container. */
  readonly name: string;
  readonly own: OwnInputs;
  readonly transforms: WorkspaceTransforms;
  /** Says which resources there are. */
  readonly outline: PreparedWorkspace;
  readonly prepared: pulumi.Output<PreparedWorkspace>;
}

/** What a workspace is made of. */
export interface WorkspaceResources {
  /** Of the workspace's container. */
  readonly image: docker.RemoteImage;
  /** Of both gateways. */
  readonly gatewayImage: docker.RemoteImage;
  /** Of the gateways. */
  readonly network: docker.Network;
  /** By role. */
  readonly volumes: { readonly [Role in VolumeRequest["role"]]?: docker.Volume };
  /** Never started: what is uploaded into it is in the volumes of files. */
  readonly carrier: docker.Container;
  readonly workspaceContainer: docker.Container;
  readonly modelGateway: docker.Container;
  /** Where the workspace has no network of its own. */
  readonly egressProxy: docker.Container | undefined;
  /** With `demoModel`. */
  readonly demoModel: docker.Container | undefined;
}

/** Creates what a workspace is made of. */
export function createResources(inputs: ResourceInputs): WorkspaceResources {
  const { requests } = inputs.outline;
  const image = createImage("image", inputs.transforms.image, inputs);
  const gatewayImage = createImage("gateway-image", inputs.transforms.gatewayImage, inputs);
  const images: Readonly<Record<ImageName, docker.RemoteImage>> = { image, "gateway-image": gatewayImage };
  const network = createNetwork(inputs);
  const volumes = Object.fromEntries(requests.volumes.map((request) => [request.role, createVolume(request, inputs)]));
  const before: pulumi.Resource[] = [network, ...Object.values(volumes)];
  const containers: { [Field in (typeof containerFields)[ContainerRequest["role"]]]?: docker.Container } = {};
  for (const request of requests.containers) {
    const { imageId } = images[request.image as ImageName];
    const container = createContainer(request, imageId, [...before], inputs);
    before.push(container);
    containers[containerFields[request.role]] = container;
  }
  const { carrier, workspaceContainer, modelGateway, egressProxy, demoModel } = containers;
  if (carrier === undefined || workspaceContainer === undefined || modelGateway === undefined) {
    throw new Error("a plan of containers has all three");
  }
  return {
    ...{ image, gatewayImage, network, volumes },
    ...{ carrier, workspaceContainer, modelGateway, egressProxy, demoModel },
  };
}

function createImage(
  image: ImageName,
  transform: Transform<docker.RemoteImageArgs> | undefined,
  { parent, name, prepared }: ResourceInputs,
): docker.RemoteImage {
  const args = prepared.apply(({ images }) => toImageArgs(images[image]()));
  const properties = liftProperties(args, ["name", "keepLocally", "triggers", "build"]);
  return new docker.RemoteImage(...applyTransform(transform, `${name}-${image}`, properties, { parent }));
}

/**
 * For another label the provider would replace a network or volume, and lose what is in it. So only another name replaces one,
 * and it goes when no container has it any more.
 */
const lasting = { ignoreChanges: ["labels"], deleteBeforeReplace: false };

function createNetwork({ parent, name, outline, prepared, transforms }: ResourceInputs): docker.Network {
  const labels = prepared.apply(({ requests }) => toLabels(requests.networks[0]?.labels ?? {}));
  const args = { name: outline.requests.networks[0]?.name, labels };
  const opts = { ...lasting, parent };
  return new docker.Network(...applyTransform(transforms.network, `${name}-network`, args, opts));
}

function createVolume(
  request: VolumeRequest,
  { parent, name, own, prepared, transforms }: ResourceInputs,
): docker.Volume {
  const { role } = request;
  const labels = prepared.apply(({ requests }) => toLabels(find(requests.volumes, role).labels));
  // One that the args name is the user's.
  const isTheirs = role === "project" && request.name !== `codex-workspace-${own.workspaceName}-project`;
  const isKept = isTheirs || (own.retainHome && (role === "home" || role === "project"));
  const args = { name: request.name, labels };
  const opts = { ...lasting, parent, retainOnDelete: isKept };
  return new docker.Volume(...applyTransform(transforms.volumes?.[role], `${name}-${role}`, args, opts));
}

function createContainer(
  outline: ContainerRequest,
  image: pulumi.Input<string>,
  dependsOn: pulumi.Resource[],
  { parent, name, own, prepared, transforms }: ResourceInputs,
): docker.Container {
  const { role } = outline;
  const args = prepared.apply(({ requests }) => toContainerArgs(find(requests.containers, role)));
  const names = Object.keys(toContainerArgs(outline)) as (keyof ReturnType<typeof toContainerArgs>)[];
  // That of the workspace is the last to be created: with it, the whole is there.
  const gate = role === "workspace" ? { wait: true, waitTimeout: own.waitTimeoutSeconds } : {};
  const properties = { ...liftProperties(args, names), ...gate, image };
  const opts = {
    parent,
    dependsOn,
    // Its name is taken until then.
    deleteBeforeReplace: true,
    replacementTrigger: prepared.apply(({ replacedOn }) => hashOfFile(replacedOn[role] ?? "")),
    // One that was created and did not come up is begun anew: the provider would change nothing, and take it for well.
    replaceOnChanges: ["#initerror"],
    hooks: { onError: shownLog({ parent, name: `${name}-${role}`, containerName: outline.name }) },
    additionalSecretOutputs: ["uploads"],
  };
  const transform = transforms[containerFields[role]];
  return new docker.Container(...applyTransform(transform, `${name}-${role}`, properties, opts));
}

function find<Request extends { readonly role: string }>(requests: readonly Request[], role: string): Request {
  const found = requests.find((request) => request.role === role);
  if (found === undefined) throw new Error(`the outline has a ${role} that the workspace has not`);
  return found;
}
