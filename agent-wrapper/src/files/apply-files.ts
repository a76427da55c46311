import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  mergeConfigToml,
  WorkspaceError,
  writeManagedBlock,
  type ConfigConflict,
  type KeyPath,
} from "@codex-workspace/core";
import { applyProjectAgentsMd, type ProjectAgentsMd } from "./project-agents-md.ts";
import { leftAlone, setAside } from "./file-warning.ts";
import { type FoundFile, readText, refusalOf, replaceText } from "./text-file.ts";

/** config.toml, or a profile's file beside it. */
export interface ConfigFile {
  /** Its name in CODEX_HOME. */
  readonly file: string;
  /** As we last wrote it; null: never. */
  readonly base: string | null;
  readonly next: string;
  /** Keys that are ours even where only somebody else changed them. */
  readonly required: readonly KeyPath[];
}

/** What shall be in CODEX_HOME. Read from standard input by the program that does it. */
export interface ApplyRequest {
  readonly codexHome: string;
  readonly configs: readonly ConfigFile[];
  /** Our block of AGENTS.md; null: none. */
  readonly agentsMd: string | null;
  /** The project, for the user who works in it. */
  readonly project: ProjectAgentsMd | null;
}

/** A conflict in one of the files. */
export interface FileConflict extends ConfigConflict {
  readonly file: string;
}

export type ApplyResult =
  | { readonly ok: true; readonly conflicts: readonly FileConflict[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: Pick<WorkspaceError, "code" | "message" | "remedy" | "problems"> };

/**
 * Brings CODEX_HOME up to date: a three-way merge of config.toml and the profiles, our block of AGENTS.md. Must run as
 * the user whose CODEX_HOME it is, so that a symbolic link there gains nothing. Where a file is no TOML, all are left as
 * they are. A config.toml or profile that is no regular file of text is renamed and replaced: Codex would otherwise run
 * without the spec's settings.
 */
export async function applyFiles(request: ApplyRequest): Promise<ApplyResult> {
  try {
    return await apply(request);
  } catch (error) {
    const known = error instanceof WorkspaceError ? error : asUnusable(request.codexHome, error);
    if (known === undefined) throw error;
    const { code, message, remedy, problems } = known;
    return { ok: false, error: { code, message, remedy, problems } };
  }
}

async function apply({ codexHome, configs, agentsMd, project }: ApplyRequest): Promise<ApplyResult> {
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  const agentsFile = join(codexHome, "AGENTS.md");
  const found = await Promise.all(configs.map(({ file }) => readText(join(codexHome, file))));
  const agents = await readText(agentsFile);
  const merges = configs.map(({ base, ...config }, index) => {
    const current = textOf(found[index]);
    return { file: config.file, current, ...mergeConfigToml({ ...config, base: base ?? undefined, current }) };
  });
  const nextAgents =
    agents.kind === "unusable" && !agents.isTooLong
      ? undefined
      : writeManagedBlock({ current: textOf(agents), content: agentsMd ?? undefined });
  const warnings: string[] = [];
  for (const [index, { file, current, text }] of merges.entries()) {
    const path = join(codexHome, file);
    const was = found[index];
    if (was?.kind === "unusable") warnings.push(await moveAside(path, was.reason));
    if (text !== current) await replaceOrRemove(path, text, was);
  }
  if (agents.kind === "unusable") {
    // Codex reads the whole file at each start of a thread (observed on 0.169: 10 GiB keep it from starting).
    if (agents.isTooLong) warnings.push(await moveAside(agentsFile, agents.reason));
    else if (agentsMd !== null) warnings.push(leftAlone(agentsFile, agents.reason));
  }
  if (nextAgents !== undefined && nextAgents !== textOf(agents))
    await replaceText(agentsFile, nextAgents, agents.kind === "text" ? agents.ownership : 0o600);
  if (project !== null) warnings.push(...(await applyProjectAgentsMd(project)));
  return {
    ok: true,
    conflicts: merges.flatMap(({ file, conflicts }) => conflicts.map((conflict) => ({ ...conflict, file }))),
    warnings,
  };
}

function textOf(found: FoundFile | undefined): string | undefined {
  return found?.kind === "text" ? found.text : undefined;
}

/** Renames what is there; a link is renamed itself. Returns the warning. */
async function moveAside(path: string, reason: string): Promise<string> {
  const aside = `${path}.set-aside-${randomBytes(4).toString("hex")}`;
  await rename(path, aside);
  return setAside(path, aside, reason);
}

/** The error of a CODEX_HOME that the system refuses; undefined for an outage, which may pass. */
function asUnusable(codexHome: string, error: unknown): WorkspaceError | undefined {
  const { code, path = codexHome } = error as NodeJS.ErrnoException;
  const reason = code === "ENOENT" ? "a part of its path is missing or a dangling link" : refusalOf(error);
  if (reason === undefined) return undefined;
  return new WorkspaceError(`${path} cannot be used: ${reason}`, {
    code: "CODEX_HOME_UNUSABLE",
    remedy: "Make it a directory or a regular file of the user that Codex runs as, or delete it.",
    cause: error,
  });
}

/** A profile that is no more leaves no file behind, unless somebody else wrote into it. */
async function replaceOrRemove(path: string, text: string, was: FoundFile | undefined): Promise<void> {
  if (text.trim() === "") return rm(path, { force: true });
  if (was?.kind !== "text") return replaceText(path, text, 0o600);
  try {
    await replaceText(path, text, was.ownership);
  } catch (error) {
    if (!["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    // A file of another user in a directory that is ours: Codex would otherwise run without the spec's settings.
    await replaceText(path, text, 0o600);
  }
}
