import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { WorkspaceError } from "@codex-workspace/core";

import { packagePath } from "./package-path.ts";

/** Absolute path of the bundled wrapper, for an engine that starts it as a process of this machine. */
export function wrapperProgram(): string {
  return packagePath("dist/program/agent-wrapper.cjs");
}

/**
 * What Node gets before the program; the image's entry point has the same. A young generation of 1 MiB instead of 16, and
 * one thread that helps to collect: the wrapper holds little for long, and has the memory of its start for good.
 */
export const wrapperFlags: readonly string[] = ["--max-semi-space-size=1", "--v8-pool-size=1"];

/** The version of this package, which is the version of codex-workspace. */
export function wrapperVersion(): string {
  const { version } = JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { version: string };
  return version;
}

/**
 * Every bundled program and every file that the wrapper serves, by its path below the programs' directory.
 *
 * @throws WorkspaceError `WRAPPER_NOT_BUILT`
 */
export function bundledPrograms(): Record<string, Uint8Array> {
  const directory = packagePath("dist/program");
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(files.map((file) => [relative(directory, file), readFileSync(file)]));
  } catch (cause) {
    throw new WorkspaceError(`the bundled wrapper is not in ${directory}`, {
      code: "WRAPPER_NOT_BUILT",
      remedy: "Run `npm run bundle -w agent-wrapper` in the checkout, or install the package again.",
      cause,
    });
  }
}
