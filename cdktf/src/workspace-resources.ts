import { Container } from "@cdktf/provider-docker/lib/container/index.js";
import { Image } from "@cdktf/provider-docker/lib/image/index.js";
import { Network } from "@cdktf/provider-docker/lib/network/index.js";
import { Volume } from "@cdktf/provider-docker/lib/volume/index.js";
import type { ContainerRequest, VolumeRequest } from "@codex-workspace/core";
import type { ImageName, OwnInputs } from "@codex-workspace/provisioning";
import { type TerraformProvider, type TerraformResource, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { addressOf } from "./address-of.ts";
import { KeptVolume } from "./kept-volume.ts";
import type { PreparedProps } from "./prepare-props.ts";
import { PrivateDirectory } from "./private-directory.ts";
import { StartTrigger } from "./start-trigger.ts";
import type { TerraformTexts } from "./terraform-texts.ts";
import { toContainerConfig, toLabels } from "./to-container-config.ts";
import { toImageConfig } from "./to-image-config.ts";

export interface ResourceInputs {
  /** What they are children of. Their ids are contract: another one is another resource, and a new container. */
  readonly scope: Construct;
  readonly props: Pick<PreparedProps, "own" | "prepared"> & { readonly later: Pick<PreparedProps["later"], "numbers"> };
  readonly texts: ResourceTexts;
  readonly provider: TerraformProvider | undefined;
}

/** What says to Terraform the texts of a plan. */
export type ResourceTexts = Pick<TerraformTexts, "text" | "hash" | "content" | "secretFile">;

export interface WorkspaceResources {
  readonly images: Readonly<Record<ImageName, Image>>;
  readonly networks: readonly Network[];
  readonly volumes: ReadonlyMap<VolumeRequest["role"], Volume>;
  readonly containers: ReadonlyMap<ContainerRequest["role"], Container>;
}

/** For another label the provider would replace a network or volume, and lose what is in it. */
const lasting = { lifecycle: { ignoreChanges: ["labels"] } };

/** Creates what a workspace is made of. */
export function createResources({ scope, props, texts, provider }: ResourceInputs): WorkspaceResources {
  const { own, prepared, later } = props;
  const { requests, token, replacedOn } = prepared;
  const { text } = texts;
  const common = provider === undefined ? {} : { provider };
  const image = (name: ImageName): Image =>
    new Image(scope, name, {
      ...common,
      ...toImageConfig(prepared.images[name](), { text, stack: TerraformStack.of(scope) }),
    });
  const images = { image: image("image"), "gateway-image": image("gateway-image") };

  const networks = requests.networks.map(
    ({ name, labels }) =>
      new Network(scope, "network", { ...common, ...lasting, name: text(name), labels: toLabels(labels, text) }),
  );
  const kept = requests.volumes.filter((request) => isKept(request, own));
  for (const { role } of kept) new KeptVolume(scope, role);
  const volumes = new Map(
    requests.volumes
      .filter((request) => !kept.includes(request))
      .map(({ role, name, labels }) => {
        const config = { name: text(name), labels: toLabels(labels, text) };
        return [role, new Volume(scope, role, { ...common, ...lasting, ...config })] as const;
      }),
  );

  const directory = new PrivateDirectory(scope.node.path, token);
  const words = { texts, apiPort: later.numbers["api.port"], writePrivate: directory.write.bind(directory) };
  const before: TerraformResource[] = [...networks, ...volumes.values()];
  const containers = new Map<ContainerRequest["role"], Container>();
  for (const request of requests.containers) {
    const { role } = request;
    const trigger = new StartTrigger(scope, `${role}-start`, texts.hash(role, replacedOn[role] ?? ""));
    const container = new Container(scope, `${role}-container`, {
      ...common,
      ...toContainerConfig(request, words),
      image: images[request.image as ImageName].imageId,
      // That of the workspace is the last to be created: with it, the whole is there.
      ...(role === "workspace" && {
        wait: true,
        waitTimeout: later.numbers["waitTimeoutSeconds"] ?? own.waitTimeoutSeconds,
      }),
      dependsOn: [...before],
      lifecycle: { replaceTriggeredBy: [addressOf(trigger)] },
    });
    before.push(container);
    containers.set(role, container);
  }
  directory.removeOthers();
  return { images, networks, volumes, containers };
}

/** Terraform destroys whatever it has made, so what is to stay is made by Docker, and so is what the user names. */
function isKept({ role, name }: VolumeRequest, { retainHome, workspaceName }: OwnInputs): boolean {
  const isTheirs = role === "project" && name !== `codex-workspace-${workspaceName}-project`;
  return isTheirs || (retainHome && (role === "home" || role === "project"));
}
