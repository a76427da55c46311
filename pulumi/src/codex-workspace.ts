import { defaultApiPort } from "@codex-workspace/core";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { CodexWorkspaceArgs } from "./args.ts";
import { outlineArgs, prepareArgs } from "./prepare-args.ts";
import { createResources, type WorkspaceResources } from "./workspace-resources.ts";

/** A container in which a Codex session runs and answers over HTTP, with its gateways, on a Docker host. */
export class CodexWorkspace extends pulumi.ComponentResource implements WorkspaceResources {
  /** What a state calls it, for ever. */
  static readonly type = "codex-workspace:index:CodexWorkspace";

  /** Of the API, on the loopback address of the Docker host. */
  readonly url: pulumi.Output<string>;
  /** The API's token with every scope: a secret. */
  readonly token: pulumi.Output<string>;
  readonly containerId: pulumi.Output<string>;
  readonly containerName: pulumi.Output<string>;
  /** Of the configuration, as `/v1/status` says it when that is in force. */
  readonly configHash: pulumi.Output<string>;
  readonly codexVersion: pulumi.Output<string>;
  /** `true`, once the session takes prompts: known no sooner. */
  readonly ready: pulumi.Output<boolean>;
  /** Opens Codex's terminal: a shell command without the token, which stands in `CODEX_WORKSPACE_TOKEN`. */
  readonly attachCommand: pulumi.Output<string>;

  /** Of the workspace's container. */
  readonly image: docker.RemoteImage;
  /** Of both gateways. */
  readonly gatewayImage: docker.RemoteImage;
  /** Of the gateways. */
  readonly network: docker.Network;
  readonly volumes: WorkspaceResources["volumes"];
  readonly carrier: docker.Container;
  readonly workspaceContainer: docker.Container;
  readonly modelGateway: docker.Container;
  readonly egressProxy: docker.Container | undefined;
  readonly demoModel: docker.Container | undefined;

  /**
   * @param name - of the component; the names of its resources begin with it
   * @param opts - `provider` chooses the Docker host
   * @throws InputPropertiesError with all that is wrong in args that are known when the program runs
   */
  constructor(name: string, args: CodexWorkspaceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { transform: transforms = {}, ...inputs } = args;
    const { own, outline } = outlineArgs(name, inputs, transforms);
    super(CodexWorkspace.type, name, {}, opts);

    const prepared = prepareArgs(name, inputs);
    prepared.apply(({ warnings }) =>
      Promise.all(warnings.map((warning) => pulumi.log.warn(warning, this))).then(() => undefined),
    );
    const resources = createResources({ parent: this, name, own, transforms, outline, prepared });
    this.image = resources.image;
    this.gatewayImage = resources.gatewayImage;
    this.network = resources.network;
    this.volumes = resources.volumes;
    this.carrier = resources.carrier;
    this.workspaceContainer = resources.workspaceContainer;
    this.modelGateway = resources.modelGateway;
    this.egressProxy = resources.egressProxy;
    this.demoModel = resources.demoModel;

    this.url = pulumi.interpolate`http://127.0.0.1:${this.modelGateway.ports.apply(publishedPort)}`;
    this.token = pulumi.secret(prepared.apply(({ token }) => token.reveal()));
    this.containerId = this.workspaceContainer.id;
    this.containerName = this.workspaceContainer.name;
    this.configHash = prepared.apply(({ configHash }) => configHash);
    this.codexVersion = prepared.apply(({ codexVersion }) => codexVersion);
    this.ready = this.workspaceContainer.id.apply(() => true);
    this.attachCommand = pulumi.interpolate`codex-workspace attach --url ${this.url}`;
    this.registerOutputs({
      url: this.url,
      token: this.token,
      containerId: this.containerId,
      containerName: this.containerName,
      configHash: this.configHash,
      codexVersion: this.codexVersion,
      ready: this.ready,
      attachCommand: this.attachCommand,
    });
  }
}

function publishedPort(ports: readonly docker.types.output.ContainerPort[] | undefined): number | undefined {
  return ports?.find(({ internal }) => internal === defaultApiPort)?.external;
}
