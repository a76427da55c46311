import { configFiles, containerPaths, type FileRequest } from "@codex-workspace/core";
import { plainContent } from "../plain-content.ts";
import type { ResourceTexts } from "../workspace-resources.ts";
import type { Template } from "./template.ts";

/** The texts of a module: what Terraform works out of its variables. No file of this machine is named. */
export function moduleTexts(template: Template, isHashed: (path: string) => boolean): ResourceTexts {
  return {
    text: (planned) => template.text(planned),
    hash: (_, planned) => template.hash(planned),
    secretFile: () => undefined,
    content: (file) => {
      const path = configPathOf(file);
      if (path === configFiles.manifest) return manifest;
      if (path !== undefined && isHashed(path)) return `\${local.files["${path}"]}`;
      return template.text(plainContent(file));
    },
  };
}

/** The place of a file below the configuration directory, if it is there. */
export function configPathOf({ path }: FileRequest): string | undefined {
  const directory = `${containerPaths.config}/`;
  return path.startsWith(directory) ? path.slice(directory.length) : undefined;
}

/** Of the texts as Terraform has them, which writes Unicode in its own way. */
const manifest = "${jsonencode({ files = { for path, text in local.files : path => sha256(text) } })}";
