import { lstatSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { maxTextBytes } from "../files/text-file.ts";

/** A file that an input of the spec writes for the model to read. */
export interface Instructions {
  /** Input of the spec. */
  readonly input: "systemPrompt" | "projectSystemPrompt";
  readonly file: string;
}

/**
 * Returns a warning for each file of ours that Codex does not read for a thread. Codex reads one file in a directory, and
 * AGENTS.override.md before AGENTS.md; in a project it reads the override even where that is empty (observed on 0.140 and
 * 0.169).
 *
 * @param sources - `instructionSources` of the answer to thread/start or thread/resume; undefined where a version has none
 */
export function unreadInstructions(
  expected: readonly Instructions[],
  sources: readonly string[] | undefined,
): readonly string[] {
  if (sources === undefined) return [];
  const read = sources.map(realOf);
  return expected.flatMap(({ input, file }) => {
    const wanted = realOf(file);
    if (read.includes(wanted) || isLeftAlone(file)) return [];
    const instead = read.find((source) => dirname(source) === dirname(wanted));
    const why =
      instead === undefined
        ? "Codex reads no instructions in that directory. Look for an empty AGENTS.override.md there, and at `project_doc_max_bytes`."
        : `Codex reads ${instead} instead. Remove that file, or copy the text into it.`;
    return [`${input} does not reach the model: it is in ${file}, and ${why}`];
  });
}

/** Whether it is a file that the wrapper does not write, and of which it warns. */
function isLeftAlone(file: string): boolean {
  try {
    const stats = lstatSync(file);
    return !stats.isFile() || stats.size > maxTextBytes;
  } catch {
    // Missing, or in a directory that this user may not enter.
    return false;
  }
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Missing, or in a directory that this user may not enter.
    return path;
  }
}
