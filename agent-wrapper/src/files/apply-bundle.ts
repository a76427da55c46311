import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WorkspaceError, type ConfigConflict } from "@codex-workspace/core";
import type { RunAs } from "../codex/run-as.ts";
import { runOnce } from "../codex/run-once.ts";
import type { ApplyRequest, ApplyResult } from "./apply-files.ts";
import type { Bundle } from "./read-bundle.ts";
import { terminalConfigToml } from "./terminal-config.ts";
import type { Users } from "./users.ts";

const deadlineMs = 30_000;

export interface Applied {
  /** Of config.toml. */
  readonly conflicts: readonly ConfigConflict[];
  /** What a person should know, each a sentence. */
  readonly warnings: readonly string[];
}

/**
 * Writes both CODEX_HOMEs and the project's AGENTS.md, each as its user; remembers what was applied for the next
 * three-way merge.
 *
 * @throws WorkspaceError `TOML_INVALID` and others of the merge: nothing was written then
 */
export async function applyBundle(
  { config, configToml, agentsMd, projectAgentsMd }: Bundle,
  users: Users,
  applyProgram: string,
): Promise<Applied> {
  const { paths } = config;
  const appliedFile = join(paths.state, "applied-config.toml");
  const base = await readFile(appliedFile, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  });
  const [applied] = await Promise.all([
    applyAs(users.codex, applyProgram, {
      codexHome: paths.codexHome,
      base,
      next: configToml,
      required: config.codex.platformKeys,
      agentsMd: agentsMd ?? null,
      project: {
        directory: paths.workdir,
        text: projectAgentsMd ?? null,
        changeTrackedFile: config.projectAgentsMd === "always",
      },
    }),
    applyAs(users.terminal, applyProgram, {
      codexHome: paths.terminalHome,
      base: null,
      next: terminalConfigToml(configToml),
      required: [],
      agentsMd: null,
      project: null,
    }),
  ]);
  await writeFile(`${appliedFile}.tmp`, configToml, { mode: 0o600 });
  await rename(`${appliedFile}.tmp`, appliedFile);
  return applied;
}

async function applyAs(runAs: RunAs, program: string, request: ApplyRequest): Promise<Applied> {
  const { exitCode, stdout, stderr } = await runOnce(process.execPath, [program], {
    runAs,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    deadlineMs,
    input: JSON.stringify(request),
  });
  if (exitCode !== 0) throw new Error(`${request.codexHome} could not be written: ${stderr.trim()}`);
  const result = JSON.parse(stdout) as ApplyResult;
  if (!result.ok) throw new WorkspaceError(result.error.message, result.error);
  return result;
}
