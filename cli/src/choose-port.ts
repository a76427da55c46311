import { defaultApiPort } from "@codex-workspace/core";
import type { Engine } from "./engines/engine.ts";
import { withPortsLock } from "./lock.ts";
import type { State, WorkspaceRecord } from "./state.ts";

export interface PortChoice {
  readonly state: State;
  readonly engine: Engine;
  /** The workspace. */
  readonly name: string;
  readonly recorded: WorkspaceRecord | undefined;
  /** Stores the choice before the next command chooses. */
  readonly reserve: (port: number) => Promise<void>;
}

/** How many ports are tried. */
const candidates = 1_000;

/**
 * Returns the port of the API of a workspace for which nobody asked for a port: the port that it had before, where that is
 * free, otherwise the first free port from 3284 on that no other workspace has.
 */
export async function choosePort({ state, engine, name, recorded, reserve }: PortChoice): Promise<number> {
  return withPortsLock(state.root, async () => {
    const others = (await state.readableRecords()).filter((record) => record.name !== name).flatMap(portsOf);
    const before = recorded && chosenBefore(recorded);
    const inOrder = Array.from({ length: candidates }, (_, index) => defaultApiPort + index);
    for (const port of before === undefined ? inOrder : [before, ...inOrder]) {
      if (others.includes(port)) continue;
      if ((await engine.portUse(port, recorded)) !== undefined) continue;
      await reserve(port);
      return port;
    }
    return defaultApiPort;
  });
}

/** Returns every port that a workspace has or will want, also while it is down. */
function portsOf({ port, told, url }: WorkspaceRecord): number[] {
  return [port, told?.port, portOfUrl(url)].filter((known) => known !== undefined);
}

/** Returns the port that an earlier `up` chose. The record of an early release, which has no options, has its URL alone. */
function chosenBefore({ port, told, url }: WorkspaceRecord): number | undefined {
  return port ?? (told === undefined ? portOfUrl(url) : undefined);
}

function portOfUrl(url: string | undefined): number | undefined {
  return url === undefined ? undefined : Number(new URL(url).port);
}
