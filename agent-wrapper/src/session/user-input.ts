import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { StoredRequest } from "./prompt-store.ts";

/** A prompt names an image that is not there. Codex would say nothing of that to anybody but the model. */
export class ImageMissingError extends Error {}

/**
 * A prompt's parts as Codex's `UserInput`; paths of files are below the session's directory.
 *
 * @throws ImageMissingError
 */
export function toUserInput({ input }: Pick<StoredRequest, "input">, directory: string): Promise<readonly object[]> {
  return Promise.all(
    input.map(async (part) => {
      switch (part.type) {
        case "text":
          return { ...part, text_elements: [] };
        case "image":
          return part;
        case "releasedImage":
          throw new ImageMissingError("the prompt has ended, and its image is gone");
        case "localImage": {
          const path = resolve(directory, part.path);
          await requireFile(path);
          return { ...part, path };
        }
      }
    }),
  );
}

async function requireFile(path: string): Promise<void> {
  try {
    if (!(await stat(path)).isFile()) throw new ImageMissingError(`the prompt's image ${path} is no file`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new ImageMissingError(`the prompt's image ${path} is not there`);
    // What only Codex's user may see, the wrapper cannot judge.
    if (code !== "EACCES") throw error;
  }
}
