import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  configFiles,
  containerLayout,
  type Layout,
  localLayout,
  parseToml,
  renderFiles,
  Secret,
  type TomlTable,
  visibleText,
  WorkspaceError,
  type WorkspacePlan,
  writeManagedBlock,
} from "@codex-workspace/core";
import { readRegularFile, UnreadFile, wayTo } from "@codex-workspace/provisioning";
import type { CliContext } from "./context.ts";
import { planContainers } from "./engines/docker/plan.ts";
import type { EngineKind } from "./engines/engine.ts";
import { locateCodexProgram } from "./engines/local/codex-program.ts";
import { planProcesses } from "./engines/local/plan.ts";
import { unreadGrants } from "./grants/unread-grants.ts";
import { unreadSecret } from "./unread-secret.ts";
import { type GivenWorkspace, readWorkspaceInputs, type WorkspaceInputs } from "./workspace-inputs.ts";

export interface IntendedWorkspace {
  readonly engine: EngineKind;
  readonly plan: WorkspacePlan;
  readonly layout: Layout;
  readonly inputs: WorkspaceInputs;
}

const maxRepositoryConfigBytes = 1024 * 1024;

/** Before an `up` has started it, nobody knows where the demo model of the local engine will listen. */
const demoModelOnAnyPort = "http://127.0.0.1:0/v1";

/**
 * What `up` would make of a directory, without doing it. No secret is read: none is needed to know the rest. Without a
 * given engine it is the one that the workspace has, else Docker's.
 */
export async function planIntended(
  context: Pick<CliContext, "cwd" | "env" | "state">,
  given: GivenWorkspace & { readonly engine?: EngineKind | undefined },
): Promise<IntendedWorkspace> {
  const inputs = await readWorkspaceInputs(context, given);
  const { model, name, directory, spec } = inputs;
  const state = context.state.workspace(name);
  const recorded = await state.read();
  const engine = given.engine ?? recorded?.engine ?? "docker";
  const useDemoModel = model.kind === "demo";
  const unread = { resolveSecret: unreadSecret, token: new Secret("unread"), grants: unreadGrants(spec) };
  // Nothing is started: what would be isolated of it, `up` asks.
  const request = { name, directory, spec, ...unread, useDemoModel, acceptNoIsolation: true };
  if (engine === "docker") {
    const plan = planContainers(request);
    return { engine, plan, layout: containerLayout(plan), inputs };
  }
  const plan = planProcesses(request, useDemoModel ? (recorded?.demoModelUrl ?? demoModelOnAnyPort) : undefined);
  const program = locateCodexProgram({
    version: plan.codexVersion,
    install: plan.installCodex,
    cache: context.state.codexCache,
    env: context.env,
  });
  const layout = localLayout(plan, { directory: state.path, codexProgram: program.path });
  return { engine, plan, layout, inputs };
}

export interface RenderedConfiguration {
  readonly configHash: string;
  /** By name, in the order in which a person reads them. */
  readonly files: Readonly<Record<string, string>>;
}

/** What reaches CODEX_HOME and the wrapper, without the secrets: no model key, and no token's hash. */
export function renderConfiguration({ plan, layout }: IntendedWorkspace): RenderedConfiguration {
  const { files, configHash } = renderFiles(plan, layout);
  const texts = new Map(files.flatMap(({ path, content }) => (typeof content === "string" ? [[path, content]] : [])));
  const requirements = texts.get(configFiles.requirements);
  const agentsMd = writeManagedBlock({ current: undefined, content: plan.config.agentsMd });
  return {
    configHash,
    files: {
      [configFiles.configToml]: texts.get(configFiles.configToml) ?? "",
      ...(requirements !== undefined && { [configFiles.requirements]: requirements }),
      ...(agentsMd !== undefined && { [configFiles.agentsMd]: agentsMd }),
      [configFiles.wrapper]: texts.get(configFiles.wrapper) ?? "",
    },
  };
}

export interface RepositoryConfig {
  readonly file: string;
  readonly table: TomlTable;
}

/**
 * The `.codex/config.toml` of the project, where the project is a directory of this machine. Codex takes those of the
 * directories above only where they are trusted too, and ours are not (observed on 0.169).
 *
 * @throws WorkspaceError `TOML_INVALID`
 */
export function readRepositoryConfig({ engine, plan }: IntendedWorkspace): RepositoryConfig | undefined {
  const bound = plan.project.kind === "bind" ? plan.project.path : undefined;
  const directory = engine === "local" ? plan.workdir : bound;
  if (directory === undefined) return undefined;
  const file = join(wayTo(directory).real, ".codex", "config.toml");
  const text = readTextIfThere(file);
  return text === undefined ? undefined : { file, table: parseToml(text, { layer: file }) };
}

/** Codex would follow a link here; what it leads to is nothing of the repository, and is not shown. */
function readTextIfThere(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readRegularFile(file, maxRepositoryConfigBytes).toString("utf8");
  } catch (cause) {
    if (!(cause instanceof UnreadFile)) throw cause;
    throw new WorkspaceError(`${visibleText(file)} cannot be read (${cause.message})`, {
      code: "TOML_INVALID",
      remedy: "Make it a regular file, or remove it.",
      cause,
    });
  }
}
