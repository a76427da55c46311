import type { FileRequest } from "@codex-workspace/core";

/** A secret too: for whoever looks whether something is in it, or writes it where it belongs. */
export function plainContent({ content }: FileRequest): string {
  return typeof content === "string" ? content : content.reveal();
}
