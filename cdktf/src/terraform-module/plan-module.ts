import {
  configFiles,
  type ContainerRequest,
  containerPaths,
  defaultApiPort,
  defaultModelProvider,
  type FileRequest,
  hashOfFile,
  parseSpec,
  Secret,
  type SecretReference,
  WorkspaceError,
  type WorkspaceSpec,
  type WrapperConfig,
} from "@codex-workspace/core";
import { ownInputDefaults, type PreparedWorkspace, prepareWorkspace } from "@codex-workspace/provisioning";
import { inPlaceOfModelUrl, modelUrlPlaceholders } from "./model-url.ts";
import type { Placeholder } from "./template.ts";
import type { VariableDefaults } from "./variables.ts";

/** A workspace in which placeholders stand for what is not decided yet. */
export interface PlannedModule {
  readonly prepared: PreparedWorkspace;
  readonly workspaceName: string;
  readonly placeholders: readonly Placeholder[];
  /** What the spec itself says in their place. */
  readonly defaults: VariableDefaults;
}

/** Each is a right value where it stands. */
const inPlaceOf = {
  workspaceName: "in-place-of-workspace-name",
  token: "in-place-of-token",
  modelKey: "in-place-of-model-key",
  model: "in-place-of-model",
  systemPrompt: "in-place-of-system-prompt",
  initialPrompt: "in-place-of-initial-prompt",
} as const;

/** In `workspace.json`, where nobody but us looks at it before a wrapper does. */
const inPlaceOfFlag = { agentsMd: "in-place-of-agents-md", ownsWorkdir: "in-place-of-owns-workdir" } as const;

/**
 * @param given - a spec of any shape; what it says of `api.token` and `modelProvider.apiKey` does not matter
 * @throws WorkspaceError as `prepareWorkspace` does, and `SPEC_INVALID` for any other secret
 */
export function planModule(given: unknown): PlannedModule {
  const spec = parseSpec(given);
  const prepare = (one: WorkspaceSpec): PreparedWorkspace =>
    prepareWorkspace(one, {
      ...ownInputDefaults,
      workspaceName: inPlaceOf.workspaceName,
      resolveSecret: refuseSecret,
    });
  const { model, systemPrompt, initialPrompt } = inPlaceOf;
  const undecided = withoutDecided(spec);
  const prepared = prepare({ ...undecided, model, systemPrompt: `${systemPrompt}\n`, initialPrompt });
  return {
    prepared: withFlags(prepared),
    workspaceName: inPlaceOf.workspaceName,
    placeholders: [...placeholdersOf(prepared), ...(isBehindProxy(spec) ? [] : modelUrlPlaceholders)],
    defaults: {
      apiPort: spec.api?.port ?? defaultApiPort,
      modelBaseUrl: spec.modelProvider?.baseUrl ?? defaultModelProvider.baseUrl,
      // Wherever the spec says it.
      model: wrapperOf(prepare(undecided)).session.model,
      systemPrompt: spec.systemPrompt,
      initialPrompt: spec.initialPrompt,
      projectDirectory: spec.project?.bind,
      image: spec.image?.prebuilt,
      waitTimeoutSeconds: ownInputDefaults.waitTimeoutSeconds,
    },
  };
}

/** The spec without what a variable decides that makes other resources, and with secrets that are none. */
function withoutDecided({ api, image, modelProvider, network, project, ...spec }: WorkspaceSpec): WorkspaceSpec {
  const { baseUrl } = modelProvider ?? defaultModelProvider;
  return {
    ...spec,
    network,
    api: { ...api, token: new Secret(inPlaceOf.token) },
    image: { gatewayBaseImage: image?.gatewayBaseImage, build: image?.build ?? {} },
    modelProvider: {
      ...modelProvider,
      baseUrl: isBehindProxy({ network }) ? baseUrl : inPlaceOfModelUrl,
      apiKey: new Secret(inPlaceOf.modelKey),
    },
    ...(project?.bind === undefined && { project }),
  };
}

/** What a gateway does then depends on the address of the model provider, so that is no variable. */
function isBehindProxy({ network }: WorkspaceSpec): boolean {
  return network?.upstreamProxy !== undefined;
}

function refuseSecret(reference: SecretReference): never {
  throw new WorkspaceError(`a module has no variable for the secret ${JSON.stringify(reference)}`, {
    code: "SPEC_INVALID",
    remedy: "Leave it out: the token of the API and the key of the model provider are the secrets that a module takes.",
  });
}

function placeholdersOf({ configHash }: PreparedWorkspace): Placeholder[] {
  return [
    {
      text: inPlaceOf.workspaceName,
      expression: "var.workspace_name",
      variables: ["workspace_name"],
    },
    {
      text: `"${inPlaceOf.model}"`,
      // JSON's escapes are TOML's too.
      expression: "jsonencode(var.model)",
      variables: ["model"],
      lineIf: "var.model != null",
    },
    {
      text: `"${inPlaceOf.initialPrompt}"`,
      expression: "jsonencode(var.initial_prompt)",
      variables: ["initial_prompt"],
      lineIf: "var.initial_prompt != null",
    },
    {
      text: inPlaceOf.systemPrompt,
      expression: 'var.system_prompt == null ? "" : var.system_prompt',
      variables: ["system_prompt"],
    },
    {
      text: `"${inPlaceOfFlag.agentsMd}"`,
      expression: "var.system_prompt != null",
      variables: ["system_prompt"],
    },
    {
      text: `"${inPlaceOfFlag.ownsWorkdir}"`,
      expression: "var.project_directory == null",
      variables: ["project_directory"],
    },
    {
      text: hashOfFile(inPlaceOf.token),
      expression: "sha256(trimspace(file(var.api_token_file)))",
      variables: ["api_token_file"],
    },
    { text: configHash, expression: "local.config_hash", variables: [] },
  ];
}

const wrapperFile = `${containerPaths.config}/${configFiles.wrapper}`;

function wrapperOf({ requests }: Pick<PreparedWorkspace, "requests">): WrapperConfig {
  const file = requests.containers.flatMap(({ files }) => files).find(({ path }) => path === wrapperFile);
  return JSON.parse(String(file?.content)) as WrapperConfig;
}

function withFlags({ replacedOn, requests, ...prepared }: PreparedWorkspace): PreparedWorkspace {
  const text = `${JSON.stringify({ ...wrapperOf({ requests }), ...inPlaceOfFlag }, null, 2)}\n`;
  const withText = (file: FileRequest): FileRequest => (file.path === wrapperFile ? { ...file, content: text } : file);
  const containers = requests.containers.map((container): ContainerRequest => ({
    ...container,
    files: container.files.map(withText),
  }));
  // The provider takes another source of a mount for a change that it need not do.
  const workspace = `${replacedOn["workspace"] ?? ""}"${inPlaceOfFlag.ownsWorkdir}"`;
  return { ...prepared, replacedOn: { ...replacedOn, workspace }, requests: { ...requests, containers } };
}
