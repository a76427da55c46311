import { WorkspaceError } from "@codex-workspace/core";
import type { Engine } from "../engines/engine.ts";
import type { WorkspaceRecord } from "../state.ts";
import { readTrace } from "./read-trace.ts";
import { showHost } from "./show-trace.ts";

export interface NetworkNow {
  /** `open`: the workspace reaches whatever this machine, or Docker's, reaches. */
  readonly mode: "restricted" | "open";
  /** What the egress proxy denied of late, `host:port`, each once; undefined where Docker keeps no log. */
  readonly denied: readonly string[] | undefined;
}

export const latelyMinutes = 10;
/** A log may be long, and somebody waits. */
const lines = 500;

/** What is true of a workspace's network now. */
export async function networkNow(engine: Engine, record: WorkspaceRecord, signal: AbortSignal): Promise<NetworkNow> {
  const service = "egress-proxy";
  if (!(await engine.services(record)).includes(service)) return { mode: "open", denied: [] };
  const log = engine.logs(record, { service, follow: undefined, tail: lines, signal });
  const since = Date.now() / 1000 - latelyMinutes * 60;
  try {
    const denied = (await readTrace(new Map([[service, log]]))).filter(
      ({ decision, time }) => decision === "denied" && time >= since,
    );
    return { mode: "restricted", denied: [...new Set(denied.map(showHost))] };
  } catch (error) {
    // The log driver `none`: what else is to be said of the workspace is true all the same.
    if (error instanceof WorkspaceError && error.code === "ENGINE_REFUSED")
      return { mode: "restricted", denied: undefined };
    throw error;
  }
}
