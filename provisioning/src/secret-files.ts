import { resolve } from "node:path";
import { visibleText, WorkspaceError } from "@codex-workspace/core";
import { readRegularFile, UnreadFile } from "./read-regular-file.ts";
import { leadsThrough, wayTo } from "./way-to.ts";

/** A secret is a key or a token; a certificate chain is larger, and none. */
const maxSecretBytes = 64 * 1024;

export interface SecretFilesOptions {
  /** Relative paths begin here: where the spec is. */
  readonly directory: string;
  /** Directories that a workspace writes, without symbolic links: DIR and what is bound in its place. @default [] */
  readonly projects?: readonly string[] | undefined;
}

export interface SecretFile {
  /** Without symbolic links. */
  readonly path: string;
  readonly content: Buffer;
}

/** The secret files of a spec. Each is read once, however often it is asked for: its later content does not count. */
export class SecretFiles {
  readonly #options: SecretFilesOptions;
  readonly #read = new Map<string, SecretFile | WorkspaceError>();

  constructor(options: SecretFilesOptions) {
    this.#options = options;
  }

  /** @throws WorkspaceError `SECRET_IN_PROJECT`, `SECRET_UNRESOLVED`: the same at each call */
  read(file: string): SecretFile {
    const known = this.#read.get(file) ?? this.#readNow(file);
    this.#read.set(file, known);
    if (known instanceof WorkspaceError) throw known;
    return known;
  }

  /** Reads nothing. Returns the path without symbolic links. @throws WorkspaceError `SECRET_IN_PROJECT` */
  locate(file: string): string {
    const { directory, projects = [] } = this.#options;
    const path = resolve(directory, file);
    const way = wayTo(path);
    const project = projects.find((candidate) => leadsThrough(way, candidate));
    if (project === undefined) return way.real;
    throw new WorkspaceError(
      `the secret file ${visibleText(path)} lies in ${visibleText(project)}, or a link there leads to it: the agent can read and replace it`,
      {
        code: "SECRET_IN_PROJECT",
        remedy:
          "Move the secret file out of the project directory and write its new path, or refer to an environment variable with { env: NAME }.",
      },
    );
  }

  #readNow(file: string): SecretFile | WorkspaceError {
    try {
      const path = this.locate(file);
      return { path, content: readRegularFile(path, maxSecretBytes) };
    } catch (error) {
      if (error instanceof WorkspaceError) return error;
      if (error instanceof UnreadFile) return unread(resolve(this.#options.directory, file), error);
      throw error;
    }
  }
}

function unread(path: string, cause: UnreadFile): WorkspaceError {
  return new WorkspaceError(`the secret file ${visibleText(path)} cannot be read (${cause.message})`, {
    code: "SECRET_UNRESOLVED",
    remedy:
      "Set a variable (`export NAME=…`) and refer to it as { env: NAME }, or keep the secret in a regular file and write { file: PATH }.",
    cause,
  });
}
