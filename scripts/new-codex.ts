import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type CodexArch, WorkspaceError } from "@codex-workspace/core";
import { requireCodexProgram } from "../cli/src/engines/local/codex-program.ts";
import { exitCodeOf, showError } from "../cli/src/show-error.ts";
import { codexCache } from "../test/support/codex.ts";
import { type CodexProtocol, type MessageKind, readProtocol } from "../test/support/codex-protocol.ts";

const usage = "scripts/new-codex VERSION [--edit-only] [--checkout DIR]";

const table = "core/src/codex-release.ts";
/** Files that show the pin to readers. */
const shownIn = ["README.md", "docs/spec.md", "api/src/operations/workspace.ts", "core/src/docker/build-context.ts"];
const protocolGolden = "test/integration/__golden__/codex-protocol.txt";

try {
  const { version, checkout, editOnly } = readArguments();
  const former = await pinOf(checkout);
  const integrities = await installed(checkout, version);
  await edit(checkout, table, (text) => withRelease(text, version, integrities));
  for (const path of shownIn) await edit(checkout, path, (text) => text.replaceAll(former, version));
  const versions = releasesOf(await readFile(join(checkout, table), "utf8"));
  await edit(checkout, "docs/spec.md", (text) => withTestedVersions(text, versions));
  console.log(`Codex ${version} is the pin instead of ${former}: package-lock.json, ${[table, ...shownIn].join(", ")}`);
  await showMethods(former, version);
  const failed = editOnly ? [] : await rebuildAndTest(checkout);
  console.log(leftToDecide(former, version, failed));
  if (failed.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(showError(error));
  process.exitCode = exitCodeOf(error);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { "edit-only": { type: "boolean" }, checkout: { type: "string" } },
    });
    const [version, ...others] = positionals;
    if (version === undefined || others.length > 0) throw new Error("expected one VERSION");
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`expected an exact version, got ${JSON.stringify(version)}`);
    const checkout = resolve(values.checkout ?? join(import.meta.dirname, ".."));
    return { version, checkout, editOnly: values["edit-only"] === true };
  } catch (error) {
    throw new WorkspaceError((error as Error).message, { code: "USAGE", remedy: `Usage: ${usage}`, cause: error });
  }
}

async function pinOf(checkout: string): Promise<string> {
  const pin = /CODEX_PIN = "([^"]+)"/.exec(await readFile(join(checkout, table), "utf8"))?.[1];
  if (pin === undefined) throw new Error(`${table} of ${checkout} has no CODEX_PIN`);
  return pin;
}

/** Makes npm's lock file name the version; returns the integrities that npm found. */
async function installed(checkout: string, version: string): Promise<Partial<Record<CodexArch, string>>> {
  const flags = ["--package-lock-only", "--save-dev", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...flags, `@openai/codex@${version}`], checkout);
  const { packages } = JSON.parse(await readFile(join(checkout, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string; integrity?: string } | undefined>;
  };
  const integrityOf = (arch: CodexArch): string | undefined => {
    const found = packages[`node_modules/@openai/codex-linux-${arch}`];
    return found?.version === `${version}-linux-${arch}` ? found.integrity : undefined;
  };
  const [x64, arm64] = [integrityOf("x64"), integrityOf("arm64")];
  return { ...(x64 !== undefined && { x64 }), ...(arm64 !== undefined && { arm64 }) };
}

async function edit(checkout: string, path: string, change: (text: string) => string): Promise<void> {
  const file = join(checkout, path);
  await writeFile(file, change(await readFile(file, "utf8")));
}

/** The table of releases with the version as its pin and first entry. */
function withRelease(text: string, version: string, integrities: Partial<Record<CodexArch, string>>): string {
  const entry = Object.entries(integrities).map(([arch, integrity]) => `    ${arch}: "${integrity}",\n`);
  const begin = /export const codexReleases[^=]*= \{\n/;
  const others = text.replace(new RegExp(`^  "${version.replaceAll(".", "\\.")}": \\{\n[^}]*},\n`, "m"), "");
  return others
    .replace(/CODEX_PIN = "[^"]+"/, `CODEX_PIN = "${version}"`)
    .replace(begin, (head) => `${head}  "${version}": {\n${entry.join("")}  },\n`);
}

function releasesOf(text: string): string[] {
  return [...text.matchAll(/^ {2}"([^"]+)": \{$/gm)].map(([, version = ""]) => version);
}

function withTestedVersions(text: string, [pin, ...others]: readonly string[]): string {
  const listed = `${others.slice(0, -1).join(", ")} and ${others.at(-1)}`;
  return text.replace(/its pin, [\d.]+, and with [^;]*;/, `its pin, ${pin}, and with ${listed};`);
}

/** Prints the methods that one version of app-server has and the other has not. */
async function showMethods(former: string, version: string): Promise<void> {
  const [before, after] = await Promise.all([protocolOf(former), protocolOf(version)]);
  const kinds: readonly MessageKind[] = ["ClientRequest", "ServerNotification", "ServerRequest"];
  for (const kind of kinds) {
    const [old, now] = [before.methods(kind), after.methods(kind)];
    const added = now.filter((method) => !old.includes(method)).map((method) => `+${method}`);
    const removed = old.filter((method) => !now.includes(method)).map((method) => `-${method}`);
    console.log(`${kind}: ${[...added, ...removed].join(" ") || "the same methods"}`);
  }
}

async function protocolOf(version: string): Promise<CodexProtocol> {
  const note = (text: string): boolean => process.stderr.write(`${text}\n`);
  const signal = AbortSignal.timeout(300_000);
  const options = { version, install: true, cache: codexCache(), env: process.env, signal, note };
  return readProtocol(await requireCodexProgram(options));
}

/** Installs the version, rewrites golden files and runs the tests; returns the commands that failed. */
async function rebuildAndTest(checkout: string): Promise<string[]> {
  const vitest = (project: string, ...rest: string[]): readonly string[] => [
    "vitest",
    "run",
    "--project",
    project,
    ...rest,
  ];
  const commands = [
    ["npm", "ci", "--no-audit", "--no-fund"],
    ["npm", "run", "build"],
    vitest("unit", "-u", "core/src/docker/to-requests.test.ts", "core/src/render/render-files.test.ts"),
    vitest("integration", "-u", "test/integration/codex-protocol.test.ts"),
    ["npm", "run", "check"],
    vitest("integration"),
    ["git", "--no-pager", "diff", "--", protocolGolden],
  ];
  const failed: string[] = [];
  for (const [program = "", ...parameters] of commands) {
    const command = [program, ...parameters].join(" ");
    console.log(`\n$ ${command}`);
    await run(program, parameters, checkout).catch(() => failed.push(command));
  }
  return failed;
}

async function run(program: string, parameters: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, parameters, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${program} ${parameters.join(" ")}: exit code ${String(code)}`);
}

function leftToDecide(former: string, version: string, failed: readonly string[]): string {
  const steps = [
    ...failed.map((command) => `Mend what fails in \`${command}\`.`),
    `Read the diff of ${protocolGolden}: each line is a field that we send or read.`,
    "Decide for each new notification and server request whether the wrapper has to know it.",
    `Read the release notes from ${former} to ${version}: default model, configuration keys, permission profiles.`,
    `Decide whether the oldest version of ${table} stays; give a reason in the commit where it goes.`,
    "Run `scripts/test`: it builds the image with the version.",
  ];
  return `\nLeft to decide:\n${steps.map((step) => `- ${step}`).join("\n")}`;
}
