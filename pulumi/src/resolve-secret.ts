import { createSecretResolver } from "@codex-workspace/provisioning";

/**
 * The value behind a reference, where Pulumi runs.
 *
 * @throws WorkspaceError `SECRET_UNRESOLVED`
 */
export const resolveSecret = createSecretResolver({ env: process.env, directory: process.cwd() });
