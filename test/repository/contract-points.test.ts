import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const text = readFileSync(new URL("docs/agentapi.md", root), "utf8");
const rows = [...text.matchAll(/^\| (.+?) +\| `([\w-]+\.test\.ts)`: (.+?) +\|$/gm)].map(
  ([, point = "", file = "", title = ""]) => [point, file, title.replaceAll("\\", "")] as const,
);
const sources = ["agent-wrapper/src", "test/integration"].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => [file, readFileSync(new URL(`${folder}/${file}`, root), "utf8")] as const),
);

test("docs/agentapi.md has the points of AgentAPI's contract", () => {
  expect(rows.length).toBeGreaterThan(40);
});

test.each(rows)("%s: %s has the test that pins it", (_point, file, title) => {
  const texts = sources.filter(([path]) => path.split("/").at(-1) === file).map(([, source]) => source);
  expect(texts.some((source) => source.includes(title))).toBe(true);
});
