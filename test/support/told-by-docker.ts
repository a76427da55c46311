import { docker, runDocker } from "./docker.ts";
import { inventoryOf } from "./inventory.ts";

/** All that Docker tells of a workspace: of its objects, its images and their layers, and what its containers have logged. */
export async function toldByDocker(workspace: string): Promise<string> {
  const objects = (await inventoryOf(workspace)).map((line) => line.split(" ") as [kind: string, name: string]);
  const containers = objects.flatMap(([kind, name]) => (kind === "container" ? [name] : []));
  if (containers.length === 0) throw new Error(`${workspace} has no containers`);
  const images = [...new Set((await docker(["inspect", "-f", "{{.Image}}", ...containers])).split("\n"))];
  const told = [
    ...objects.map(([kind, name]) => docker([kind, "inspect", name])),
    ...images.map((image) => docker(["image", "inspect", image])),
    ...images.map((image) => docker(["history", "--no-trunc", image])),
    ...containers.map(async (name) => Object.values(await runDocker(["logs", name])).join("\n")),
  ];
  return (await Promise.all(told)).join("\n");
}
