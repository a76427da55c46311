import { WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "./context.ts";
import type { Engine, EngineKind } from "./engines/engine.ts";
import { notKept } from "./engines/local/plan.ts";
import type { WorkspaceInputs } from "./workspace-inputs.ts";

export type EngineChoice = EngineKind | "auto";

/**
 * Returns the engine of a workspace. `auto` is the engine that the workspace has already, otherwise Docker where this machine
 * has a Docker socket or names one. Only without any socket it is the local engine, which is said.
 *
 * @throws WorkspaceError `ENGINE_UNAVAILABLE`
 */
export async function chooseEngine(
  context: CliContext,
  { name, spec, acceptNoIsolation }: Pick<WorkspaceInputs, "name" | "spec" | "acceptNoIsolation">,
  wanted: EngineChoice,
): Promise<Engine> {
  if (wanted !== "auto") return context.engine(wanted);
  const recorded = await context.state.workspace(name).read();
  if (recorded !== undefined) return context.engine(recorded.engine);
  // Loaded now: knows Docker's client, which --help does not wait for.
  const { dockerEndpoint } = await import("./engines/docker/connection.ts");
  const endpoint = await dockerEndpoint(context);
  if (endpoint !== undefined) return availableDocker(context, endpoint);
  const unkept = acceptNoIsolation ? [] : notKept(spec);
  if (unkept.length > 0) throw needsIsolation(unkept.map(({ path }) => path));
  context.output.note("this machine has no Docker socket: using --engine local, processes of this user");
  return context.engine("local");
}

/** A Docker that does not answer is seldom meant to be replaced by an engine that isolates nothing. */
async function availableDocker(context: CliContext, endpoint: string): Promise<Engine> {
  const docker = await context.engine("docker");
  try {
    await docker.requireAvailable();
    return docker;
  } catch (error) {
    if (!(error instanceof WorkspaceError) || error.code !== "ENGINE_UNAVAILABLE") throw error;
    throw new WorkspaceError(`${error.message}; ${endpoint} names it`, {
      code: "ENGINE_UNAVAILABLE",
      remedy: error.remedy,
      cause: error,
    });
  }
}

function needsIsolation(paths: readonly string[]): WorkspaceError {
  const inputs = paths.map((path) => `\`${path}\``).join(" and ");
  return new WorkspaceError(
    `the spec has ${inputs}, which only an engine that isolates keeps, and this machine has no Docker`,
    {
      code: "ENGINE_UNAVAILABLE",
      remedy: `Install Docker Engine (https://docs.docker.com/engine/install/) and start it, or remove ${inputs}. --accept-no-isolation starts the local engine with ${inputs} not kept.`,
    },
  );
}
