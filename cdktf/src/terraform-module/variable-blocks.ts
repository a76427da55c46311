import { carriedPath, modelKeyFile } from "@codex-workspace/core";
import type { ImageName } from "@codex-workspace/provisioning";

/** A part of Terraform's JSON: here those that are others in a module. */
export type Block = Readonly<Record<string, unknown>>;

/** `docker_image`: what it is built of is beside the module. */
export function imageOfModule(name: ImageName, { build, ...others }: Block): Block {
  return { ...others, build: { ...(build as Block), context: `\${path.module}/images/${name}` } };
}

/** `docker_image`: the one that the variable names, or else what is built. */
export function variableImage({ name, triggers, build, ...others }: Block): Block {
  const { contextHash } = triggers as { contextHash: string };
  return {
    ...others,
    name: `\${var.image == null ? "${String(name)}" : var.image}`,
    triggers: `\${var.image == null ? { contextHash = "${contextHash}" } : null}`,
    dynamic: { build: { for_each: "${var.image == null ? [1] : []}", content: build } },
  };
}

/** `mounts` of the workspace's container: that of the project is a volume, or a directory of the Docker host. */
export function variableProject(mounts: readonly Block[], workdir: string): Block[] {
  return mounts.map((mount) => {
    if (mount["target"] !== workdir) return mount;
    return {
      ...mount,
      type: '${var.project_directory == null ? "volume" : "bind"}',
      source: `%{ if var.project_directory == null }${String(mount["source"])}%{ else }\${var.project_directory}%{ endif }`,
    };
  });
}

/** `upload` of the carrier: the provider copies the model key as it is, so that Terraform's state has a hash of it alone. */
export function variableKey(uploads: readonly Block[]): Block[] {
  return uploads.map(({ content, ...upload }) => {
    if (upload["file"] !== `${carriedPath("model-gateway")}/${modelKeyFile}`) return { content, ...upload };
    return {
      ...upload,
      source: '${var.model_key_file == null ? "/dev/null" : pathexpand(var.model_key_file)}',
      source_hash: "${var.model_key_file == null ? null : filesha256(var.model_key_file)}",
    };
  });
}
