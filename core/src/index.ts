export { writeManagedBlock, type ManagedBlock } from "./agents-md/block.ts";
export { mergeLayers, type ConfigLayer, type MergedLayers, type Origin } from "./config/layers.ts";
export { showValue } from "./config/shown-value.ts";
export {
  parseToml,
  renderToml,
  toTomlTable,
  type TomlLayerOptions,
  type TomlTable,
  type TomlValue,
} from "./config/toml-table.ts";
export {
  mergeConfigToml,
  type ConfigChange,
  type ConfigConflict,
  type ConfigMerge,
  type ConfigVersions,
} from "./config/three-way.ts";
export { renderKeyPath, type KeyPath } from "./config/key-path.ts";
export { ownValue } from "./own-value.ts";
export { CODEX_PIN, codexIntegrity, codexReleases, type CodexArch } from "./codex-release.ts";
export { configManifestSchema, hashOfFile, type ConfigManifest } from "./config-manifest.ts";
export {
  configFiles,
  containerPaths,
  containerUsers,
  defaultApiPort,
  demoModelPort,
  environmentNames,
  appServerGitEnvironment,
  environmentPrefix,
  labelNames,
  labelPrefix,
  modelProviderId,
  profileFile,
} from "./contract.ts";
export {
  gatewayPaths,
  gatewayRoutes,
  gatewaySockets,
  publishedSocket,
  relayConnections,
  relayPorts,
} from "./gateway/contract.ts";
export type {
  GatewayPlan,
  GitHubRoute,
  GrantRoute,
  McpRoute,
  ModelLimits,
  ModelRoute,
} from "./gateway/gateway-plan.ts";
export { readGitHubRule, type GitHubRule } from "./gateway/github-rule.ts";
export { renderEgressProxy } from "./gateway/render-egress-proxy.ts";
export { modelKeyFile } from "./gateway/credential.ts";
export { renderModelGateway } from "./gateway/render-model-gateway.ts";
export { parseTraceEntry, type TraceEntry, type TraceFailure } from "./gateway/trace-entry.ts";
export {
  toBuildContext,
  type BuildContext,
  type BuildProxies,
  type ContextFile,
  type ContextParts,
} from "./docker/build-context.ts";
export { toCpuTime, type CpuTime } from "./docker/cpu-time.ts";
export { carriedPath, isReread } from "./docker/reread-files.ts";
export { requireApiTokens } from "./docker/require-api-tokens.ts";
export { containerDemoModelUrl, toWorkspaceRequests, type DockerInputs } from "./docker/to-requests.ts";
export type {
  ContainerRequest,
  FileRequest,
  Hardening,
  MountRequest,
  NetworkRequest,
  PortRequest,
  Resources,
  VolumeRequest,
  WorkspaceRequests,
} from "./docker/requests.ts";
export { changedFixedSettings, fixedSettings } from "./fixed-settings.ts";
export { narrowedSettings, type Permissions } from "./narrowed-settings.ts";
export type { ResolvedGrant } from "./grant.ts";
export {
  WorkspaceError,
  type ErrorCode,
  type Problem,
  type SourcePosition,
  type WorkspaceErrorOptions,
} from "./errors.ts";
export { allowHosts, planEgress, type EgressPlan, type EgressRule } from "./network/egress-plan.ts";
export { matchesHost, readHostPattern, type HostPattern } from "./network/host-pattern.ts";
export type { NetworkPreset } from "./network/presets.ts";
export { caVariables } from "./network/tool-variables.ts";
export { readUpstreamProxy, type UpstreamProxy } from "./network/upstream-proxy.ts";
export {
  explainConfig,
  explainRepository,
  sessionConfig,
  type ExplainedKey,
  type RepositoryEffect,
  type RepositoryKey,
} from "./plan/explain.ts";
export { grantedHost } from "./plan/granted-host.ts";
export { defaultModelProvider, planWorkspace, type PlanOptions } from "./plan/plan-workspace.ts";
export type {
  PlannedApi,
  PlannedConfig,
  PlannedEnvironment,
  PlannedGatewayImage,
  PlannedImage,
  PlannedLink,
  PlannedModel,
  PlannedNetwork,
  PlannedProfile,
  PlannedProject,
  PlannedProjectAgentsMd,
  PlannedResources,
  PlannedService,
  PlannedSession,
  PlannedStartScripts,
  PlannedThread,
  PlannedToken,
  ServiceName,
  WorkspacePlan,
} from "./plan/workspace-plan.ts";
export { containerLayout, localLayout, volatileDirectory, type Layout, type LocalPlace } from "./render/layout.ts";
export { renderFiles, type RenderedFile, type RenderedWorkspace } from "./render/render-files.ts";
export { isSecretReference, receivedSecret, Secret, type SecretReference } from "./secret.ts";
export { grantNameFault } from "./spec/grant-name.ts";
export { nearest } from "./spec/nearest.ts";
export { parseSpec } from "./spec/parse-spec.ts";
export { type PlacedReference, secretReferences } from "./spec/secret-references.ts";
export type {
  ApiLimitsSpec,
  ApiSpec,
  ApprovalsSpec,
  AgentsSpec,
  ApprovalPolicy,
  GitHubSpec,
  GranularApprovalPolicy,
  Personality,
  ShellEnvironmentPolicySpec,
  ApprovalsReviewer,
  EnforceSpec,
  ImageBuildSpec,
  ImageSpec,
  McpServerSpec,
  McpToolSpec,
  ModelProviderSpec,
  NetworkSpec,
  ProfileSpec,
  ProjectSpec,
  ProjectSystemPromptSpec,
  ResourcesSpec,
  SandboxMode,
  SecretInput,
  TokenSpec,
  ToolApprovalMode,
  WebhookSpec,
  WorkspaceSpec,
} from "./spec/workspace-spec.ts";
export { tokenFileSchema, tokenScopes, type TokenFile, type TokenScope } from "./token-file.ts";
export { type Ask, asksOf } from "./trust/asks.ts";
export type { AskContext } from "./trust/declarations.ts";
export { visibleText } from "./trust/visible-text.ts";
export { type ApiLimits, wrapperConfigSchema, type WrapperConfig } from "./wrapper-config.ts";
