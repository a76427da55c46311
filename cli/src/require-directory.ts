import { existsSync } from "node:fs";
import { visibleText, WorkspaceError } from "@codex-workspace/core";
import { askYesOrNo } from "./ask-yes-or-no.ts";
import type { CliContext } from "./context.ts";
import type { WorkspaceInputs } from "./workspace-inputs.ts";

/**
 * Asks a person before a directory is created: it may be mistyped. Without a terminal it is created, and that is said.
 *
 * @throws WorkspaceError `DIRECTORY_UNUSABLE`
 */
export async function requireDirectory(
  context: CliContext,
  { directory }: Pick<WorkspaceInputs, "directory">,
  { create }: { readonly create: boolean },
): Promise<void> {
  if (create || existsSync(directory)) return;
  const shown = visibleText(directory);
  if (!context.canAsk) {
    context.output.note(`${shown} does not exist: creating it`);
    return;
  }
  if (await askYesOrNo(context, `${shown} does not exist. Create it? [y/N]`)) return;
  throw new WorkspaceError(`${shown} does not exist`, {
    code: "DIRECTORY_UNUSABLE",
    remedy: "Correct DIR, or create it with --create.",
  });
}
