export {
  WorkspaceError,
  type ErrorCode,
  type Problem,
  type SourcePosition,
  type WorkspaceErrorOptions,
} from "./errors.ts";
export { Secret, type SecretReference } from "./secret.ts";
export { CODEX_PIN, codexIntegrity, codexReleases, type CodexArch } from "./codex-release.ts";
