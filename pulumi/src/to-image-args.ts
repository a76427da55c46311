import { Secret } from "@codex-workspace/core";
import * as pulumi from "@pulumi/pulumi";
import type { ImageSource } from "@codex-workspace/provisioning";
import { buildContextPath } from "./build-context.ts";

/** An image in the words of `docker.RemoteImage`; what it is built of is written to disk. */
export function toImageArgs(source: ImageSource) {
  // Others may run it too, and the next `up` wants it again.
  const common = { keepLocally: true };
  if ("reference" in source) return { ...common, name: source.reference, triggers: undefined, build: undefined };
  const { tag, hash, buildArgs, proxyArgs } = source;
  const proxies = Object.entries(proxyArgs).map(([name, value]) => [name, reveal(value)] as const);
  return {
    ...common,
    name: tag,
    triggers: { contextHash: hash },
    build: {
      context: buildContextPath(source),
      dockerfile: "Dockerfile",
      buildArgs: { ...buildArgs, ...Object.fromEntries(proxies) },
      forceRemove: true,
    },
  };
}

function reveal(value: string | Secret): pulumi.Input<string> {
  return value instanceof Secret ? pulumi.secret(value.reveal()) : value;
}
