import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CODEX_PIN, codexReleases } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const program = join(checkout, "scripts", "new-codex.ts");
const edited = [
  "package.json",
  "package-lock.json",
  "core/src/codex-release.ts",
  "README.md",
  "docs/spec.md",
  "api/src/operations/workspace.ts",
  "core/src/docker/build-context.ts",
];
const [, former = ""] = Object.keys(codexReleases);
const hasBoth = (await testedCodexes()).every(
  ({ codexVersion, without }) => ![CODEX_PIN, former].includes(codexVersion) || without === "",
);

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "codex-workspace-new-codex-"));
  const manifests = readdirSync(checkout)
    .map((folder) => join(folder, "package.json"))
    .filter((path) => !path.startsWith("node_modules") && existsSync(join(checkout, path)));
  for (const path of [...edited, ...manifests]) cpSync(join(checkout, path), join(copy, path), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(join(copy, path), "utf8");

function newCodex(...parameters: string[]): { status: number | null; output: string } {
  const conditions = "--conditions=codex-workspace-source";
  const run = spawnSync(process.execPath, [conditions, program, "--checkout", copy, ...parameters], {
    encoding: "utf8",
  });
  return { status: run.status, output: run.stdout + run.stderr };
}

// It runs npm twice.
test.skipIf(!hasBoth)("pins another version, and the first again without a trace", { timeout: 120_000 }, () => {
  const before = edited.map(read);
  const { status, output } = newCodex(former, "--edit-only");
  expect(output).toContain(`Codex ${former} is the pin instead of ${CODEX_PIN}`);
  expect(output).toMatch(/^ServerRequest: \S/m);
  expect(output).toContain("Left to decide:");
  expect(status).toBe(0);
  expect(read("core/src/codex-release.ts")).toMatch(
    new RegExp(`CODEX_PIN = "${former}"[^]*= \\{\\n {2}"${former}": \\{[^]* {2}"${CODEX_PIN}": \\{`),
  );
  for (const { x64 } of [codexReleases[former]!, codexReleases[CODEX_PIN]!])
    expect(read("core/src/codex-release.ts").split(x64!)).toHaveLength(2);
  expect(read("package-lock.json")).toContain(`"version": "${former}-linux-x64"`);
  expect(read("docs/spec.md")).toContain(`its pin, ${former}, and with ${CODEX_PIN},`);
  expect(read("README.md")).toContain(`codexVersion = "${former}"`);

  expect(newCodex(CODEX_PIN, "--edit-only").status).toBe(0);
  expect(edited.map(read)).toEqual(before);
});

test("refuses a range with its usage, and changes nothing", () => {
  const { status, output } = newCodex("latest");
  expect(output).toContain("Usage: scripts/new-codex VERSION");
  expect(status).toBe(2);
  expect(edited.map(read)).toEqual(edited.map((path) => readFileSync(join(checkout, path), "utf8")));
});
