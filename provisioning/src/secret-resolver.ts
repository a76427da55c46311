import { Secret, type SecretReference, WorkspaceError } from "@codex-workspace/core";
import { SecretFiles } from "./secret-files.ts";

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of files begin here: where the spec is. */
  readonly directory: string;
  /** Where the files come from. @default - read from `directory` when they are asked for */
  readonly files?: SecretFiles | undefined;
}

/**
 * Returns the value behind a reference. A file whose path leads through one of the projects, which are directories
 * without symbolic links, is refused.
 */
export type ResolveSecret = (reference: SecretReference, projects?: readonly string[]) => Secret;

/**
 * Reads secrets from the environment and from files. The function that it returns throws `SECRET_UNRESOLVED` and, for
 * its projects and those of `files`, `SECRET_IN_PROJECT`.
 */
export function createSecretResolver({ env, directory, files }: SecretSources): ResolveSecret {
  return (reference, projects) => {
    if ("env" in reference) {
      const value = env[reference.env];
      if (value !== undefined && value.trim() !== "") return new Secret(value.trim());
      throw unresolved(`the environment variable ${reference.env} is not set`, reference.env);
    }
    const { path, content } = (files ?? new SecretFiles({ directory, projects })).read(reference.file);
    const value = content.toString("utf8").trim();
    if (value !== "") return new Secret(value);
    throw unresolved(`the secret file ${path} is empty`);
  };
}

function unresolved(message: string, variable = "NAME"): WorkspaceError {
  return new WorkspaceError(message, {
    code: "SECRET_UNRESOLVED",
    remedy: `Set it (\`export ${variable}=…\`) and refer to it as { env: ${variable} }, or keep the secret in a file and write { file: PATH }.`,
  });
}
