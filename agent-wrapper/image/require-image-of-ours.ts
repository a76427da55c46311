import { labelNames, WorkspaceError } from "@codex-workspace/core";

import { wrapperVersion } from "./program.ts";

/** An image that somebody else built, as an engine shows it. */
export interface PrebuiltImage {
  /** As the spec names it. */
  readonly reference: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Makes sure, by its labels, that an image was built from our Dockerfile, holds the wrapper of this release, and the
 * Codex that is planned.
 *
 * @throws WorkspaceError `IMAGE_MISMATCH`, `CODEX_VERSION_MISMATCH`
 */
export function requireImageOfOurs({ reference, labels }: PrebuiltImage, codexVersion: string): void {
  const { version: wrapperLabel, codexVersion: codexLabel, contextHash } = labelNames;
  const missing = [wrapperLabel, codexLabel, contextHash].filter((name) => (labels[name] ?? "") === "");
  if (missing.length > 0) {
    throw new WorkspaceError(`${reference} is not an image of codex-workspace: it has no label ${missing.join(", ")}`, {
      code: "IMAGE_MISMATCH",
      remedy: "Build the image from the Dockerfile of codex-workspace, or leave `image` out to build it here.",
    });
  }
  const [wrapper, codex] = [labels[wrapperLabel], labels[codexLabel]];
  if (wrapper !== wrapperVersion()) {
    throw new WorkspaceError(`${reference} was built by codex-workspace ${wrapper}; this is ${wrapperVersion()}`, {
      code: "IMAGE_MISMATCH",
      remedy: `Use codex-workspace ${wrapper}, or an image that was built by ${wrapperVersion()}.`,
    });
  }
  if (codex !== codexVersion) {
    throw new WorkspaceError(`${reference} has Codex ${codex}; the spec wants Codex ${codexVersion}`, {
      code: "CODEX_VERSION_MISMATCH",
      remedy: `Set codexVersion to ${codex}, or use an image that was built with Codex ${codexVersion}.`,
    });
  }
}
