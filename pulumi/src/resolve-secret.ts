import { readFileSync } from "node:fs";
import { Secret, type SecretReference, WorkspaceError } from "@codex-workspace/core";

/**
 * The value behind a reference, where Pulumi runs.
 *
 * @throws WorkspaceError `SECRET_UNRESOLVED`
 */
export function resolveSecret(reference: SecretReference): Secret {
  const value = "env" in reference ? process.env[reference.env] : readSecretFile(reference.file);
  if (value !== undefined && value.trim() !== "") return new Secret(value.trim());
  const where =
    "env" in reference ? `the environment variable ${reference.env} is not set` : `${reference.file} is empty`;
  throw unresolved(where);
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unresolved(
      `the secret file ${path} cannot be read (${String((cause as NodeJS.ErrnoException).code)})`,
      cause,
    );
  }
}

function unresolved(message: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(message, {
    code: "SECRET_UNRESOLVED",
    remedy: "Set it where Pulumi runs, or give the secret itself, such as config.requireSecret(NAME).",
    cause,
  });
}
