import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CODEX_PIN, codexReleases } from "@codex-workspace/core";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

test.each(["README.md", "docs/spec.md", "api/src/operations/workspace.ts"])("%s shows the pin", (path) => {
  const shown = [...read(path).matchAll(/codexVersion(?: = |: )"([^"]+)"/g)].map(([, version]) => version);
  expect(new Set(shown)).toEqual(new Set([CODEX_PIN]));
});

test("docs/spec.md names every tested version", () => {
  const [, ...others] = Object.keys(codexReleases);
  const listed = `${others.slice(0, -1).join(", ")} and ${others.at(-1)}`;
  expect(read("docs/spec.md")).toContain(`its pin, ${CODEX_PIN}, and with ${listed};`);
});

test("npm installs the pin with the integrity of the table", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  for (const [arch, integrity] of Object.entries(codexReleases[CODEX_PIN] ?? {})) {
    const version = `${CODEX_PIN}-linux-${arch}`;
    expect(packages[`node_modules/@openai/codex-linux-${arch}`]).toMatchObject({ version, integrity });
  }
});

test("the pin is the first of the tested versions", () => {
  expect(Object.keys(codexReleases)[0]).toBe(CODEX_PIN);
});
