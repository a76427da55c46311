import type { Secret } from "../secret.ts";
import type { SecretInput, WorkspaceSpec } from "../spec/workspace-spec.ts";
import { withUnixLines } from "./unix-lines.ts";
import type { PlannedImage } from "./workspace-plan.ts";

export const defaultBaseImage = "debian:bookworm-slim";

/** The image of the workspace: one that is there, or what it is built of. */
export function planImage({ image }: WorkspaceSpec, resolve: (input: SecretInput) => Secret): PlannedImage {
  if (image?.prebuilt !== undefined) return { kind: "prebuilt", reference: image.prebuilt };
  const build = image?.build ?? {};
  const proxy = (input: string | SecretInput | undefined): string | Secret | undefined =>
    input === undefined || typeof input === "string" ? input : resolve(input);
  return {
    kind: "build",
    baseImage: build.baseImage ?? defaultBaseImage,
    nodeImage: build.nodeImage ?? "node:24-bookworm-slim",
    aptPackages: build.aptPackages ?? [],
    setupScript: withUnixLines(build.setupScript),
    extraCaCertificates: build.extraCaCertificates ?? [],
    keepExtraCaCertificates: build.keepExtraCaCertificates ?? false,
    httpProxy: proxy(build.httpProxy),
    httpsProxy: proxy(build.httpsProxy),
    noProxy: build.noProxy ?? [],
  };
}
