import { join } from "node:path";
import { WorkspaceError, writeManagedBlock } from "@codex-workspace/core";
import { leftAlone } from "./file-warning.ts";
import { readText, refusalOf, replaceText } from "./text-file.ts";
import { isTracked } from "./git-index.ts";

export interface ProjectAgentsMd {
  readonly directory: string;
  /** Our block; null: none. */
  readonly text: string | null;
  /** Whether a file that git tracks is changed too. */
  readonly changeTrackedFile: boolean;
  /** `project_doc_max_bytes`: Codex reads no more of a project's instructions. */
  readonly maxBytes: number;
}

/** Writes our block of the project's AGENTS.md, or takes it out. Returns why it was left alone, as a sentence. */
export async function applyProjectAgentsMd(project: ProjectAgentsMd): Promise<string[]> {
  const { directory, text, changeTrackedFile, maxBytes } = project;
  const file = join(directory, "AGENTS.md");
  const found = await readText(file);
  if (found.kind === "unusable") return text === null ? [] : warn(found.reason);
  try {
    const current = found.kind === "text" ? found.text : undefined;
    const next = writeManagedBlock({ current, content: text ?? undefined });
    const beyond = text === null || next === undefined ? [] : beyondLimit(next, text, maxBytes);
    if (next === undefined || next === current) return beyond;
    const tracked = changeTrackedFile ? "no" : await isTracked(directory, "AGENTS.md");
    if (tracked === "yes") return warn("git tracks it; projectSystemPrompt.changeTrackedFile writes it all the same");
    if (tracked !== "no") return warn(`it is unknown whether git tracks it: ${tracked.unknown}`);
    await replaceText(file, next, found.kind === "text" ? found.ownership : 0o666);
    return beyond;
  } catch (error) {
    // The file is the repository's, or the agent's: whatever it holds does not keep the workspace from starting.
    const isBroken = error instanceof WorkspaceError && error.code === "MARKER_BROKEN";
    const reason = isBroken ? error.message : refusalOf(error);
    if (reason === undefined) throw error;
    return text === null ? [] : warn(reason);
  }
}

/** Codex cuts a longer file off without a word (observed on 0.140); the block is at its end. */
function beyondLimit(file: string, text: string, maxBytes: number): string[] {
  const lastLine = text.trimEnd().split(/\r?\n/).at(-1) ?? "";
  const end = Buffer.byteLength(file.slice(0, file.lastIndexOf(lastLine) + lastLine.length));
  if (end <= maxBytes) return [];
  return [
    `projectSystemPrompt does not reach the model whole: it ends at byte ${end} of the project's AGENTS.md, and Codex ` +
      `reads ${maxBytes}. Shorten that file, or raise \`project_doc_max_bytes\`.`,
  ];
}

function warn(reason: string): string[] {
  return [leftAlone("the project's AGENTS.md", reason)];
}
