import { WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import type { Engine, EngineKind } from "./engines/engine.ts";

export type EngineChoice = EngineKind | "auto";

/** `auto`: the engine the workspace has already, else Docker where it answers, else processes here, which is said. */
export async function chooseEngine(context: CliContext, name: string, wanted: EngineChoice): Promise<Engine> {
  if (wanted !== "auto") return context.engine(wanted);
  const recorded = await context.state.workspace(name).read();
  if (recorded !== undefined) return context.engine(recorded.engine);
  try {
    const docker = await context.engine("docker");
    await docker.requireAvailable();
    return docker;
  } catch (error) {
    if (!(error instanceof WorkspaceError) || error.code !== "ENGINE_UNAVAILABLE") throw error;
    context.output.note(`${error.message}: using --engine local, processes of this user`);
    return context.engine("local");
  }
}
