import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`),
  ...globSync("examples/{,*/}README.md", { cwd: root }),
];

/** Targets of links, and paths in backticks that begin with a folder of ours and name a file. */
function filesNamedIn(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = ""]) => join(dirname(page), path));
  const paths = [...text.matchAll(/`((?:core|cli|test|scripts|agent-wrapper)\/[\w./-]+)[` ]/g)];
  return [...links, ...paths.map(([, path = ""]) => path)];
}

test.each(pages)("every file that %s names is there", (page) => {
  expect(filesNamedIn(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("the pages do name files", () => {
  expect(pages.flatMap(filesNamedIn).length).toBeGreaterThan(20);
});
