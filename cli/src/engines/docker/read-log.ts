import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import type { LogOptions, Service } from "../engine.ts";
import { asking, isStatus } from "./docker-failure.ts";
import { Inventory } from "./inventory.ts";
import { unframed } from "./unframed.ts";

/** How often it is looked whether a container is there again whose log is followed. */
const pauseMs = 300;

/** What a container of the workspace has logged; followed, also what it logs after a restart, and its successor. */
export async function* readLog(
  docker: Docker,
  workspace: string,
  options: LogOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { service, follow, signal } = options;
  const goesOn = async (): Promise<boolean> => follow !== undefined && !signal.aborted && (await follow());
  // Docker's own following ends with the process; another one may come in the same container, or in its successor.
  let shown: { readonly id: string; readonly until: string } | undefined;
  do {
    const run = await asking("looking at the container", () => lastRun(docker, workspace, service));
    if (run === undefined || (run.id === shown?.id && run.endedAt === shown.until && !run.isRunning)) continue;
    const since = run.id === shown?.id ? toUnixTime(shown.until) : undefined;
    yield* await asking("reading the log", () => openLog(docker, run.id, options, since));
    const ended = await asking("looking at the container", () => lastRun(docker, workspace, service));
    shown = { id: run.id, until: ended?.id === run.id ? ended.endedAt : run.endedAt };
  } while ((await goesOn()) && (await delay(pauseMs, true, { signal }).catch(() => false)));
}

/** Of a service's container; nothing where there is none. */
async function lastRun(
  docker: Docker,
  workspace: string,
  service: Service,
): Promise<{ id: string; isRunning: boolean; endedAt: string } | undefined> {
  const inventory = await Inventory.read(docker, workspace);
  const id = inventory.lastStarted(service)?.id;
  if (id === undefined) return undefined;
  try {
    const { State } = await docker.getContainer(id).inspect();
    return { id, isRunning: State.Running, endedAt: State.FinishedAt };
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

async function openLog(
  docker: Docker,
  containerId: string,
  { follow, tail, signal }: LogOptions,
  since: string | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const container = docker.getContainer(containerId);
  const common = {
    stdout: true,
    stderr: true,
    ...(tail !== undefined && { tail }),
    ...(since !== undefined && { since }),
  };
  const source: NodeJS.ReadableStream =
    follow !== undefined
      ? await container.logs({ ...common, follow: true, abortSignal: signal })
      : Readable.from([await container.logs({ ...common, follow: false })]);
  return unframed(docker, source);
}

/** As the Engine API takes times: seconds and nanoseconds. */
function toUnixTime(time: string): string {
  const [, fraction = ""] = /\.(\d+)/.exec(time) ?? [];
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(9, "0")}`;
}
