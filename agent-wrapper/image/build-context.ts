import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";

import { codexReleases, type PlannedImage, type Secret } from "@codex-workspace/core";
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

export interface ContextFile {
  /** Relative to the context's root, with `/`. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

/** All that `docker build` gets. The Dockerfile is `Dockerfile`. */
export interface BuildContext {
  /** Sorted by path. */
  readonly files: readonly ContextFile[];
  /** What the Dockerfile declares. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Arguments that Docker predefines: every step of the build has them, and no image, history or cache does. */
  readonly proxyArgs: Readonly<Record<string, string | Secret>>;
  /** SHA-256 of the files and declared arguments, in hex: the same hash, the same image but for what registries then answer. */
  readonly hash: string;
  /** Names the image by what is in it: `codex-workspace:<codexVersion>-<start of hash>`. */
  readonly tag: string;
}

/**
 * The build context of an image. Same inputs and same package, same context.
 *
 * @throws WorkspaceError `WRAPPER_NOT_BUILT`
 */
export function buildContext(inputs: ImageInputs, options: BuildContextOptions = {}): BuildContext {
  const { codexIntegrity = knownIntegrity(inputs.codexVersion), programs = bundledPrograms() } = options;
  const files = [
    ...["Dockerfile", "fetch-codex.mjs", "healthcheck.mjs", "native/package.json", "native/package-lock.json"].map(
      packagedFile,
    ),
    { path: "extra-ca.pem", mode: 0o644, content: Buffer.from(toPemFile(inputs.extraCaCertificates)) },
    { ...packagedFile("link-codex.sh"), mode: 0o755 },
    { path: "setup.sh", mode: 0o755, content: Buffer.from(inputs.setupScript ?? "#!/bin/sh\n") },
    ...Object.entries(programs).map(([name, content]) => ({ path: `agent-wrapper/${name}`, mode: 0o644, content })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const decidingArgs = {
    BASE_IMAGE: inputs.baseImage,
    NODE_IMAGE: inputs.nodeImage,
    CODEX_VERSION: inputs.codexVersion,
    INSTALL_CODEX: inputs.installCodex ? "1" : "0",
    CODEX_INTEGRITY: codexIntegrity.join(" "),
    APT_PACKAGES: [...new Set(inputs.aptPackages)].sort().join(" "),
    KEEP_EXTRA_CA: inputs.keepExtraCaCertificates ? "1" : "0",
    WORKSPACE_VERSION: wrapperVersion(),
  };
  const hash = hashContext(files, decidingArgs);
  return {
    files,
    buildArgs: { ...decidingArgs, CONTEXT_HASH: hash },
    proxyArgs: toProxyArgs(inputs),
    hash,
    tag: `codex-workspace:${inputs.codexVersion}-${hash.slice(0, 12)}`,
  };
}

/** The context as a tar archive, byte for byte the same for the same context. */
export async function packBuildContext({ files }: BuildContext): Promise<Buffer> {
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

/** In both cases of letters: apt and curl read the one, others the other. */
function toProxyArgs({ httpProxy, httpsProxy, noProxy }: ImageInputs): Record<string, string | Secret> {
  const except = noProxy.length > 0 ? noProxy.join(",") : undefined;
  const byName = { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: except };
  return Object.fromEntries(
    Object.entries(byName).flatMap(([name, value]) =>
      value === undefined ? [] : [name, name.toLowerCase()].map((spelled) => [spelled, value] as const),
    ),
  );
}

function hashContext(files: readonly ContextFile[], args: Readonly<Record<string, string>>): string {
  const contents = files.map(({ path, mode, content }) => [path, mode, sha256(content)]);
  return sha256(JSON.stringify([contents, args]));
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
