import { join } from "node:path";
import type { BuildContext } from "@codex-workspace/core";
import { type ImageSource, writeBuildContext } from "@codex-workspace/provisioning";
import type { ImageConfig } from "@cdktf/provider-docker/lib/image/index.js";
import { App, type TerraformStack } from "cdktf";

export interface ImageWords {
  readonly text: (plain: string) => string;
  readonly stack: TerraformStack;
}

/** An image in the words of the Docker provider; what it is built of is written to disk. */
export function toImageConfig(source: ImageSource, { text, stack }: ImageWords): ImageConfig {
  // Others may run it too, and the next apply wants it again.
  const common = { keepLocally: true };
  if ("reference" in source) return { ...common, name: text(source.reference) };
  const { tag, hash, buildArgs, proxyArgs } = source;
  const args = Object.entries({ ...buildArgs, ...proxyArgs }).map(([name, value]) => [name, text(String(value))]);
  return {
    ...common,
    name: tag,
    triggers: { contextHash: hash },
    buildAttribute: {
      context: text(buildContextPath(source, stack)),
      dockerfile: "Dockerfile",
      buildArgs: Object.fromEntries(args) as Record<string, string>,
      forceRemove: true,
    },
  };
}

/** Folder beside the stack's JSON. Terraform runs there, so a path relative to it is the same for all who apply. */
const folder = "build-contexts";

function buildContextPath(context: BuildContext, stack: TerraformStack): string {
  const { outdir, manifest } = App.of(stack);
  const { workingDirectory } = manifest.forStack(stack);
  return `./${folder}/${writeBuildContext(context, join(outdir, workingDirectory, folder))}`;
}
