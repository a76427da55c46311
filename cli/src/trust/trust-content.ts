import { createHash } from "node:crypto";
import { type Ask, asksOf, secretReferences, WorkspaceError } from "@codex-workspace/core";
import { type SecretFiles, wayTo } from "@codex-workspace/provisioning";
import type { WorkspaceInputs } from "../workspace-inputs.ts";

/** A file that a spec refers to, as it was read. */
export interface ReferredFile {
  /** Without symbolic links. */
  readonly path: string;
  /** Hexadecimal; or why it was not read. */
  readonly sha256: string;
}

/** What its user says yes to: a spec of the project, what it asks for, and every file that it refers to. */
export interface TrustContent {
  /** DIR, without symbolic links. */
  readonly directory: string;
  /** The spec file, without symbolic links. */
  readonly spec: string;
  readonly text: string;
  readonly asks: readonly Ask[];
  readonly files: readonly ReferredFile[];
  /** Of all of it. */
  readonly hash: string;
}

/** Returns nothing where no question arises: there is no spec, or its user named one outside of every project. */
export function trustContentOf({ directory, file, secretFiles }: Content): TrustContent | undefined {
  if (file === undefined || !file.isOfProject) return undefined;
  const asks = asksOf(file.spec, { directory, realPath: (path) => wayTo(path).real });
  const files = secretReferences(file.spec).flatMap(({ reference }) =>
    "file" in reference ? [toReferredFile(reference.file, secretFiles)] : [],
  );
  const content = { directory, spec: file.realPath, text: file.text, asks, files };
  return { ...content, hash: sha256(JSON.stringify({ format: 1, ...content })) };
}

type Content = Pick<WorkspaceInputs, "directory" | "file" | "secretFiles">;

/** One that cannot be read is part of the content, too: it does not count when it is there later. */
function toReferredFile(file: string, secretFiles: SecretFiles): ReferredFile {
  try {
    const { path, content } = secretFiles.read(file);
    return { path, sha256: sha256(content) };
  } catch (error) {
    if (!(error instanceof WorkspaceError) || error.code === "SECRET_IN_PROJECT") throw error;
    return { path: secretFiles.locate(file), sha256: error.code };
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
