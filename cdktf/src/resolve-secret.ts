import { createSecretResolver } from "@codex-workspace/provisioning";

/**
 * The value behind a reference, where the program is synthesized.
 *
 * @throws WorkspaceError `SECRET_UNRESOLVED`
 */
export const resolveSecret = createSecretResolver({ env: process.env, directory: process.cwd() });
