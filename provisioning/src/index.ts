export { cachedBuildContexts, writeBuildContext } from "./build-context-directory.ts";
export type { GrantKey } from "./grant-keys.ts";
export { ownInputDefaults, type OwnInputs, type OwnOptions, takeOwnInputs } from "./own-inputs.ts";
export {
  type ImageName,
  type ImageSource,
  imageNames,
  type PreparedWorkspace,
  type PrepareOptions,
  prepareWorkspace,
} from "./prepare-workspace.ts";
export { readRegularFile, UnreadFile } from "./read-regular-file.ts";
export { type SecretFile, SecretFiles, type SecretFilesOptions } from "./secret-files.ts";
export { createSecretResolver, type ResolveSecret, type SecretSources } from "./secret-resolver.ts";
export { isInside, leadsThrough, type Way, wayTo } from "./way-to.ts";
