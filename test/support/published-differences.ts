import { readFileSync } from "node:fs";

const document = readFileSync(new URL("../../docs/docker-provider.md", import.meta.url), "utf8");

/** In what `docker inspect` differs, as documented: the paths of the rows in which a provisioner's column does not say `same`. */
export function publishedDifferences(provisioner: "Pulumi" | "Terraform"): string[] {
  const [header = [], , ...rows] = document
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const column = header.indexOf(provisioner);
  return rows.filter((cells) => cells[column] !== "same").map(([, path = ""]) => path.replaceAll("`", ""));
}
