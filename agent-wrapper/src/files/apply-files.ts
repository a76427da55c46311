import { constants } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import {
  mergeConfigToml,
  WorkspaceError,
  writeManagedBlock,
  type ConfigConflict,
  type KeyPath,
} from "@codex-workspace/core";

/** What shall be in CODEX_HOME. Read from standard input by the program that does it. */
export interface ApplyRequest {
  readonly codexHome: string;
  /** config.toml as we last wrote it; null: never. */
  readonly base: string | null;
  readonly next: string;
  /** Keys of config.toml that are ours even where only somebody else changed them. */
  readonly required: readonly KeyPath[];
  /** Our block of AGENTS.md; null: none. */
  readonly agentsMd: string | null;
}

export type ApplyResult =
  | { readonly ok: true; readonly conflicts: readonly ConfigConflict[] }
  | { readonly ok: false; readonly error: Pick<WorkspaceError, "code" | "message" | "remedy" | "problems"> };

/**
 * Brings CODEX_HOME up to date: a three-way merge of config.toml, our block of AGENTS.md. Must run as the user whose
 * CODEX_HOME it is, so that a symbolic link there gains nothing. A config.toml that is no TOML is left as it is.
 */
export async function applyFiles({ codexHome, base, next, required, agentsMd }: ApplyRequest): Promise<ApplyResult> {
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  const configFile = join(codexHome, "config.toml");
  const agentsFile = join(codexHome, "AGENTS.md");
  const current = await readText(configFile);
  const currentAgents = await readText(agentsFile);
  try {
    const merged = mergeConfigToml({ base: base ?? undefined, next, current, required });
    const agents = writeManagedBlock({ current: currentAgents, content: agentsMd ?? undefined });
    if (merged.text !== current) await replaceText(configFile, merged.text);
    if (agents !== undefined && agents !== currentAgents) await replaceText(agentsFile, agents);
    return { ok: true, conflicts: merged.conflicts };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    const { code, message, remedy, problems } = error;
    return { ok: false, error: { code, message, remedy, problems } };
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    return await file.readFile("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all: written beside, then renamed over. */
async function replaceText(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${randomUUID()}.tmp`);
  {
    await using file = await open(
      beside,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    await file.writeFile(text);
    await file.sync();
  }
  await rename(beside, path);
}
