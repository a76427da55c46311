import { existsSync } from "node:fs";
import { Secret, type WorkspaceError } from "@codex-workspace/core";
import { checkConfig, configRefused } from "./check-config.ts";
import type { CliContext } from "./context.ts";
import { planContainers } from "./engines/docker/plan.ts";
import { locateCodexProgram } from "./engines/local/codex-program.ts";
import { planProcesses } from "./engines/local/plan.ts";
import { unreadGrants } from "./grants/unread-grants.ts";
import { withoutProjectPrograms } from "./project-programs.ts";
import { unreadSecret } from "./unread-secret.ts";
import type { UpInputs } from "./up-workspace.ts";

/** No request reaches it. */
const demoModelOnAnyPort = "http://127.0.0.1:0/v1";

/**
 * Returns what `config check` says of a configuration that Codex refuses in a workspace: the key and its layer. Undefined
 * where the pinned Codex is not on this machine, or where it accepts the spec: then a file of CODEX_HOME is at fault.
 */
export async function refusedSetting(
  { env: given, cwd, state, signal }: CliContext,
  { name, directory, spec, model, engine }: UpInputs,
): Promise<WorkspaceError | undefined> {
  const useDemoModel = model.kind === "demo";
  const unread = { resolveSecret: unreadSecret, token: new Secret("unread"), grants: unreadGrants(spec) };
  const request = { name, directory, spec, ...unread, useDemoModel, acceptNoIsolation: true };
  const plan =
    engine.kind === "docker"
      ? planContainers(request)
      : planProcesses(request, useDemoModel ? demoModelOnAnyPort : undefined);
  const env = withoutProjectPrograms(given, { cwd, projects: [directory] });
  const { codexVersion: version, installCodex: install } = plan;
  const program = locateCodexProgram({ version, install, cache: state.codexCache, env }).path;
  if (!existsSync(program)) return undefined;
  for (const config of [plan.config, ...Object.values(plan.profiles)]) {
    const verdict = await checkConfig(config, { program, env, signal });
    if (verdict.kind === "refused") return configRefused(version, verdict.problem);
  }
  return undefined;
}
