import { buildContextDirectory, type ImageSource } from "@codex-workspace/provisioning";
import type { ImageConfig } from "@cdktf/provider-docker/lib/image/index.js";

/** An image in the words of the Docker provider; what it is built of is written to disk. */
export function toImageConfig(source: ImageSource, text: (plain: string) => string): ImageConfig {
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
      context: text(buildContextDirectory(source)),
      dockerfile: "Dockerfile",
      buildArgs: Object.fromEntries(args) as Record<string, string>,
      forceRemove: true,
    },
  };
}
