import { resolve } from "node:path";
import type { StoredRequest } from "./prompt-store.ts";

/** A prompt's parts as Codex's `UserInput`; paths of files are below the session's directory. */
export function toUserInput({ input }: Pick<StoredRequest, "input">, directory: string): readonly object[] {
  return input.map((part) => {
    switch (part.type) {
      case "text":
        return { ...part, text_elements: [] };
      case "image":
        return part;
      case "localImage":
        return { ...part, path: resolve(directory, part.path) };
    }
  });
}
