import type { Container } from "@cdktf/provider-docker/lib/container/index.js";
import type { Image } from "@cdktf/provider-docker/lib/image/index.js";
import type { Network } from "@cdktf/provider-docker/lib/network/index.js";
import type { Volume } from "@cdktf/provider-docker/lib/volume/index.js";
import { type ContainerRequest, type VolumeRequest } from "@codex-workspace/core";
import { Annotations, ref, TerraformOutput, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import { prepareProps } from "./prepare-props.ts";
import type { CodexWorkspaceProps } from "./props.ts";
import { addressOf } from "./address-of.ts";
import { publishedPort } from "./published-port.ts";
import { TerraformTexts } from "./terraform-texts.ts";
import { createResources } from "./workspace-resources.ts";

/** A container in which a Codex session runs and answers over HTTP, with its gateways, on a Docker host. */
export class CodexWorkspace extends Construct {
  /** Of the API, on the loopback address of the Docker host. */
  readonly url: string;
  /** The id of the workspace's container: with it, the whole is there and answers. */
  readonly containerId: string;
  readonly containerName: string;
  /** Of the configuration, as `/v1/status` says it when that is in force. */
  readonly configHash: string;
  readonly codexVersion: string;
  /** Brings the session to a terminal, with the API's token in CODEX_WORKSPACE_TOKEN. */
  readonly attachCommand: string;

  /** Of the workspace's container. */
  readonly image: Image;
  /** Of both gateways. */
  readonly gatewayImage: Image;
  readonly network: Network | undefined;
  /** By role, but for those that `retainHome` keeps: Docker makes them. */
  readonly volumes: ReadonlyMap<VolumeRequest["role"], Volume>;
  /** Never started: what is uploaded into it is in the volumes of files. */
  readonly carrier: Container;
  readonly workspaceContainer: Container;
  readonly modelGateway: Container;
  /** Where the workspace has no network of its own. */
  readonly egressProxy: Container | undefined;
  /** With `demoModel`. */
  readonly demoModel: Container | undefined;

  /**
   * @param id - of the construct; the ids of its resources begin with its path
   * @throws WorkspaceError `SPEC_INVALID` with all that is wrong in the props
   */
  constructor(scope: Construct, id: string, { provider, ...props }: CodexWorkspaceProps) {
    super(scope, id);
    const prepared = prepareProps(this.node.path, props);
    const { warnings, configHash, codexVersion } = prepared.prepared;
    for (const warning of warnings) Annotations.of(this).addWarning(warning);
    const texts = new TerraformTexts(this, prepared.later, prepared.prepared);
    const { images, networks, volumes, containers } = createResources({
      scope: this,
      props: prepared,
      texts,
      provider,
    });

    this.image = images.image;
    this.gatewayImage = images["gateway-image"];
    this.network = networks[0];
    this.volumes = volumes;
    this.carrier = required(containers, "config");
    this.workspaceContainer = required(containers, "workspace");
    this.modelGateway = required(containers, "model-gateway");
    this.egressProxy = containers.get("egress-proxy");
    this.demoModel = containers.get("demo-model");

    // A token, so that it may stand in functions and in other stacks too.
    const port = Token.asString(ref(publishedPort(this.modelGateway), TerraformStack.of(this)));
    this.url = `http://127.0.0.1:${port}`;
    this.containerId = this.workspaceContainer.id;
    this.containerName = this.workspaceContainer.name;
    this.configHash = texts.text(configHash);
    this.codexVersion = codexVersion;
    this.attachCommand = `codex-workspace attach --url ${this.url}`;
  }

  /**
   * Makes outputs of the stack of what it tells: `url`, `container_id`, `container_name`, `config_hash`, `codex_version` and
   * `attach_command`, each after the construct's path in the stack. None is secret: the token is the user's own.
   */
  addOutputs(): void {
    const stack = TerraformStack.of(this).node.path;
    const prefix = this.node.path.slice(stack.length + 1).replaceAll(/[^a-zA-Z0-9_-]+/g, "_");
    const values = {
      url: this.url,
      container_id: this.containerId,
      container_name: this.containerName,
      config_hash: this.configHash,
      codex_version: this.codexVersion,
      attach_command: this.attachCommand,
    };
    for (const [name, value] of Object.entries(values)) {
      const output = new TerraformOutput(this, name, { value });
      output.overrideLogicalId(`${prefix}_${name}`);
      // What they tell is of use once the workspace answers. CDKTF's own `dependsOn` writes what Terraform refuses.
      output.addOverride("depends_on", [addressOf(this.workspaceContainer)]);
    }
  }
}

function required(containers: ReadonlyMap<ContainerRequest["role"], Container>, role: ContainerRequest["role"]) {
  const container = containers.get(role);
  if (container === undefined) throw new Error("a plan of containers has it");
  return container;
}
