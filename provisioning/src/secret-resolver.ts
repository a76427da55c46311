import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Secret, type SecretReference, WorkspaceError } from "@codex-workspace/core";

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of files begin here: where the spec is. */
  readonly directory: string;
}

/** Reads secrets from the environment and from files. What it returns throws `SECRET_UNRESOLVED`. */
export function createSecretResolver({ env, directory }: SecretSources): (reference: SecretReference) => Secret {
  return (reference) => {
    if ("env" in reference) {
      const value = env[reference.env];
      if (value !== undefined && value.trim() !== "") return new Secret(value.trim());
      throw unresolved(`the environment variable ${reference.env} is not set`, reference.env);
    }
    const path = resolve(directory, reference.file);
    const value = readSecretFile(path).trim();
    if (value !== "") return new Secret(value);
    throw unresolved(`the secret file ${path} is empty`);
  };
}

function readSecretFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unresolved(
      `the secret file ${path} cannot be read (${String((cause as NodeJS.ErrnoException).code)})`,
      undefined,
      cause,
    );
  }
}

function unresolved(message: string, variable = "NAME", cause?: unknown): WorkspaceError {
  return new WorkspaceError(message, {
    code: "SECRET_UNRESOLVED",
    remedy: `Set it (\`export ${variable}=…\`) and refer to it as { env: ${variable} }, or keep the secret in a file and write { file: PATH }.`,
    cause,
  });
}
