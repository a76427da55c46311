import { tmpdir } from "node:os";
import {
  type BuildContext,
  configFiles,
  type ConfigManifest,
  type ContainerRequest,
  type WrapperConfig,
} from "@codex-workspace/core";
import { type ImageName, ownInputDefaults, type PreparedWorkspace } from "@codex-workspace/provisioning";
import { App, ref, TerraformStack, Token } from "cdktf";
import { addressOf } from "../address-of.ts";
import { publishedPort } from "../published-port.ts";
import { createResources, type WorkspaceResources } from "../workspace-resources.ts";
import { modelUrlLocal } from "./model-url.ts";
import { plainContent } from "../plain-content.ts";
import { configPathOf, moduleTexts } from "./module-texts.ts";
import { planModule } from "./plan-module.ts";
import { renderReadme } from "./render-readme.ts";
import { Template } from "./template.ts";
import { type Block, imageOfModule, variableImage, variableKey, variableProject } from "./variable-blocks.ts";
import { moduleVariables, toVariableBlock } from "./variables.ts";

/** A module of Terraform for one workspace, in JSON. */
export interface TerraformModule {
  /** `main.tf.json` */
  readonly main: string;
  /** `README.md` */
  readonly readme: string;
  /** What is built, each in `images/NAME`. */
  readonly images: Readonly<Record<ImageName, BuildContext>>;
}

/** What each module says of itself at its beginning. */
export const moduleComment =
  "Written by scripts/terraform-module of codex-workspace: write it anew in place of changing it.";

/**
 * @param spec - of any shape: what all workspaces of the module have, and the defaults of its variables
 * @throws WorkspaceError as `planModule` does
 */
export function renderTerraformModule(spec: unknown): TerraformModule {
  const { prepared, workspaceName, placeholders, defaults } = planModule(spec);
  const template = new Template(placeholders);
  const files = configFilesOf(prepared);
  // Nothing is written there: the app wants a folder that is there.
  const stack = new TerraformStack(new App({ outdir: tmpdir() }), "module");
  const resources = createResources({
    scope: stack,
    provider: undefined,
    props: {
      own: { ...ownInputDefaults, workspaceName },
      prepared,
      later: { numbers: { "api.port": numberOf("api_port"), waitTimeoutSeconds: numberOf("wait_timeout") } },
    },
    texts: moduleTexts(template, (path) => files.has(path)),
  });
  const resource = withVariableBlocks(synthesize(stack), resources, files);
  const locals = {
    ...(JSON.stringify(resource).includes("local.model_url") && { model_url: modelUrlLocal }),
    config_hash: template.hash([...files.values()].join("")),
    files: Object.fromEntries([...files].map(([path, text]) => [path, template.text(text)])),
  };
  // What the spec says elsewhere may leave nothing to a variable.
  const used = JSON.stringify([resource, locals]);
  const variables = moduleVariables(defaults).filter(({ name }) => new RegExp(`\\bvar\\.${name}\\b`).test(used));
  const outputs = outputsOf(resources, prepared);
  const main = {
    "//": moduleComment,
    terraform: {
      required_version: ">= 1.5.0",
      required_providers: { docker: { source: "kreuzwerker/docker", version: providerVersion(resources) } },
    },
    variable: Object.fromEntries(variables.map((variable) => [variable.name, toVariableBlock(variable)])),
    locals,
    resource,
    output: outputs,
  };
  return {
    main: `${JSON.stringify(main, null, 2)}\n`,
    readme: renderReadme(variables, outputs),
    images: { image: contextOf(prepared, "image"), "gateway-image": contextOf(prepared, "gateway-image") },
  };
}

/** The texts that the manifest is about, by their paths. */
function configFilesOf({ requests }: PreparedWorkspace): ReadonlyMap<string, string> {
  const files = requests.containers.flatMap((container) => container.files);
  const texts = new Map(files.map((file) => [configPathOf(file), plainContent(file)]));
  const manifest = JSON.parse(texts.get(configFiles.manifest) ?? "") as ConfigManifest;
  return new Map(Object.keys(manifest.files).map((path) => [path, texts.get(path) ?? ""]));
}

function numberOf(variable: string): number {
  return Token.asNumber(ref(`var.${variable}`));
}

type Blocks = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** The resources alone, without what CDKTF tells of itself. */
function synthesize(stack: TerraformStack): Blocks {
  const { resource } = stack.toTerraform() as { resource: Blocks };
  return JSON.parse(JSON.stringify(resource, (key, value: unknown) => (key === "//" ? undefined : value))) as Blocks;
}

function withVariableBlocks(
  { docker_image: images = {}, docker_container: containers = {}, ...others }: Blocks,
  { images: { image, "gateway-image": gatewayImage }, containers: created }: WorkspaceResources,
  files: ReadonlyMap<string, string>,
): Blocks {
  const { paths } = JSON.parse(files.get(configFiles.wrapper) ?? "") as WrapperConfig;
  const change = (
    role: ContainerRequest["role"],
    name: string,
    changed: (blocks: Block[]) => Block[],
  ): Blocks[string] => {
    const id = created.get(role)?.friendlyUniqueId ?? "";
    const container = containers[id] ?? {};
    return { [id]: { ...container, [name]: changed(container[name] as Block[]) } };
  };
  return {
    ...others,
    docker_image: {
      [image.friendlyUniqueId]: variableImage(imageOfModule("image", images[image.friendlyUniqueId] ?? {})),
      [gatewayImage.friendlyUniqueId]: imageOfModule("gateway-image", images[gatewayImage.friendlyUniqueId] ?? {}),
    },
    docker_container: {
      ...containers,
      ...change("config", "upload", variableKey),
      ...change("workspace", "mounts", (mounts) => variableProject(mounts, paths.workdir)),
    },
  };
}

function providerVersion({ images }: WorkspaceResources): string {
  return `~> ${images.image.terraformGeneratorMetadata?.providerVersion ?? ""}`;
}

function outputsOf({ containers }: WorkspaceResources, { codexVersion }: PreparedWorkspace) {
  const [workspace, gateway] = [containers.get("workspace"), containers.get("model-gateway")];
  if (workspace === undefined || gateway === undefined) throw new Error("a plan of containers has both");
  const address = addressOf(workspace);
  const afterwards = { depends_on: [address] };
  return {
    url: { description: "Of the API.", value: `http://127.0.0.1:\${${publishedPort(gateway)}}`, ...afterwards },
    container_id: { description: "Of the workspace's container.", value: `\${${address}.id}` },
    container_name: { description: "Of the workspace's container.", value: `\${${address}.name}` },
    config_hash: {
      description: "Of the configuration, as `/v1/status` says it when that is in force.",
      value: "${local.config_hash}",
      ...afterwards,
    },
    codex_version: { description: "Of Codex.", value: codexVersion },
  };
}

function contextOf({ images }: PreparedWorkspace, name: ImageName): BuildContext {
  const source = images[name]();
  if ("reference" in source) throw new Error("a module builds its images, where no variable names one");
  return source;
}
