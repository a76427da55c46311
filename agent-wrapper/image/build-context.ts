import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";

import {
  type BuildContext,
  codexReleases,
  type ContextFile,
  type PlannedImage,
  toBuildContext,
} from "@codex-workspace/core";
import { pack } from "tar-stream";

import { packagePath } from "./package-path.ts";
import { bundledPrograms, wrapperVersion } from "./program.ts";

/** What an image is built from, and how: the plan's `image`, `codexVersion` and `installCodex`. */
export interface ImageInputs extends Omit<Extract<PlannedImage, { kind: "build" }>, "kind"> {
  readonly codexVersion: string;
  /** `false`: the base image, or the set-up script, brings it. */
  readonly installCodex: boolean;
}

export interface BuildContextOptions {
  /** What Codex's package may hash to, one for each architecture. @default - the hashes this release knows of the version */
  readonly codexIntegrity?: readonly string[] | undefined;
  /** The wrapper's programs, by file name. @default - the bundles of this package */
  readonly programs?: Readonly<Record<string, Uint8Array>> | undefined;
}

/**
 * The build context of an image. Same inputs and same package, same context.
 *
 * @throws WorkspaceError `WRAPPER_NOT_BUILT`
 */
export function buildContext(inputs: ImageInputs, options: BuildContextOptions = {}): BuildContext {
  const { codexIntegrity = knownIntegrity(inputs.codexVersion), programs = bundledPrograms() } = options;
  const files = [
    ...[
      "Dockerfile",
      "fetch-codex.mjs",
      "healthcheck.mjs",
      "launch.c",
      "native/package.json",
      "native/package-lock.json",
    ].map(packagedFile),
    { path: "extra-ca.pem", mode: 0o644, content: Buffer.from(toPemFile(inputs.extraCaCertificates)) },
    { ...packagedFile("link-codex.sh"), mode: 0o755 },
    { path: "setup.sh", mode: 0o755, content: Buffer.from(inputs.setupScript ?? "#!/bin/sh\n") },
    ...Object.entries(programs).map(([name, content]) => ({ path: `agent-wrapper/${name}`, mode: 0o644, content })),
  ];
  const args = {
    BASE_IMAGE: inputs.baseImage,
    NODE_IMAGE: inputs.nodeImage,
    CODEX_VERSION: inputs.codexVersion,
    INSTALL_CODEX: inputs.installCodex ? "1" : "0",
    CODEX_INTEGRITY: codexIntegrity.join(" "),
    APT_PACKAGES: [...new Set(inputs.aptPackages)].sort().join(" "),
    KEEP_EXTRA_CA: inputs.keepExtraCaCertificates ? "1" : "0",
    WORKSPACE_VERSION: wrapperVersion(),
  };
  return toBuildContext({ name: `codex-workspace:${inputs.codexVersion}`, files, args, proxies: inputs });
}

/** The context as a tar archive, byte for byte the same for the same context. */
export async function packBuildContext({ files }: Pick<BuildContext, "files">): Promise<Buffer> {
  const archive = pack();
  for (const { path, mode, content } of files) {
    archive.entry({ name: path, mode, uid: 0, gid: 0, mtime: new Date(0) }, Buffer.from(content));
  }
  archive.finalize();
  return buffer(archive);
}

function knownIntegrity(codexVersion: string): readonly string[] {
  return Object.values(codexReleases[codexVersion] ?? {});
}

function packagedFile(path: string): ContextFile {
  return { path, mode: 0o644, content: readFileSync(packagePath(`image/${path}`)) };
}

function toPemFile(certificates: readonly string[]): string {
  return certificates.map((certificate) => `${certificate.trim()}\n`).join("");
}
