import { labelNames } from "@codex-workspace/core";
import { docker } from "./docker.ts";

/** What Docker has of a workspace: `container NAME`, `network NAME`, `volume NAME`. */
export async function inventoryOf(workspace: string): Promise<string[]> {
  const filter = ["--filter", `label=${labelNames.workspace}=${workspace}`];
  const kinds = [
    ["ps", "--all", ...filter, "--format", "container {{.Names}}"],
    ["network", "ls", ...filter, "--format", "network {{.Name}}"],
    ["volume", "ls", ...filter, "--format", "volume {{.Name}}"],
  ];
  const outputs = await Promise.all(kinds.map((args) => docker(args)));
  return outputs
    .flatMap((output) => output.split("\n"))
    .filter((line) => line !== "")
    .sort();
}
