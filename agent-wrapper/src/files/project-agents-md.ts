import { execFile } from "node:child_process";
import { join } from "node:path";
import { writeManagedBlock } from "@codex-workspace/core";
import { readText, replaceText } from "./text-file.ts";

export interface ProjectAgentsMd {
  readonly directory: string;
  /** Our block; null: none. */
  readonly text: string | null;
  /** Whether a file that git tracks is changed too. */
  readonly changeTrackedFile: boolean;
}

/** Why a user may be kept from reading or writing a file of the project; a link is never followed. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "it may not be written",
  ELOOP: "it is a symbolic link",
  EPERM: "it may not be written",
  EROFS: "it may not be written",
};

/** Writes our block of the project's AGENTS.md, or takes it out. Returns why it was left alone, as a sentence. */
export async function applyProjectAgentsMd(project: ProjectAgentsMd): Promise<string[]> {
  const { directory, text, changeTrackedFile } = project;
  const file = join(directory, "AGENTS.md");
  try {
    const current = await readText(file);
    const next = writeManagedBlock({ current, content: text ?? undefined });
    if (next === undefined || next === current) return [];
    if (!changeTrackedFile && (await isTracked(directory))) {
      return leftAlone("git tracks it; projectSystemPrompt.changeTrackedFile writes it all the same");
    }
    await replaceText(file, next);
    return [];
  } catch (error) {
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ""];
    if (reason === undefined) throw error;
    return text === null ? [] : leftAlone(reason);
  }
}

function leftAlone(reason: string): string[] {
  return [`the project's AGENTS.md was left alone: ${reason}.`];
}

/** No repository, no git: not tracked. A repository's own settings must not make git start a program of theirs. */
function isTracked(directory: string): Promise<boolean> {
  const args = ["-c", "core.fsmonitor=false", "-C", directory, "ls-files", "--error-unmatch", "AGENTS.md"];
  return new Promise((resolve) => {
    execFile("git", args, (error) => resolve(error === null));
  });
}
