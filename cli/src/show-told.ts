import type { Told } from "./state.ts";

/** The options of earlier commands that still shape a workspace, as a command line. Empty where there are none. */
export function showTold({ spec, port, fullAuto, grant, profile, allowHost, acceptNoIsolation }: Told): string {
  return [
    spec === undefined ? [] : ["--spec", spec],
    port === undefined ? [] : ["--port", String(port)],
    fullAuto === undefined ? [] : [`--full-auto${fullAuto ? "" : "=false"}`],
    (grant ?? []).flatMap((name) => ["--grant", name]),
    profile === undefined ? [] : ["--profile", profile],
    (allowHost ?? []).flatMap((pattern) => ["--allow-host", pattern]),
    acceptNoIsolation === true ? ["--accept-no-isolation"] : [],
  ]
    .flat()
    .join(" ");
}
