import { basename } from "node:path";

/** The name of a workspace when nobody gives one: its directory's, with what a container name cannot hold as `-`. */
export function nameOfDirectory(directory: string): string {
  const name = basename(directory)
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-zA-Z0-9_.-]+/g, "-")
    .replace(/^[^a-zA-Z0-9]+/, "")
    .replace(/[-_.]+$/, "")
    .slice(0, 40);
  return name === "" ? "workspace" : name.toLowerCase();
}
