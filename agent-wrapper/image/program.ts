import { readdirSync, readFileSync } from "node:fs";

import { WorkspaceError } from "@codex-workspace/core";

import { packagePath } from "./package-path.ts";

/** Absolute path of the bundled wrapper, for an engine that starts it as a process of this machine. */
export function wrapperProgram(): string {
  return packagePath("dist/program/agent-wrapper.mjs");
}

/** The version of this package, which is the version of codex-workspace. */
export function wrapperVersion(): string {
  const { version } = JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { version: string };
  return version;
}

/**
 * Every bundled program, by file name.
 *
 * @throws WorkspaceError `WRAPPER_NOT_BUILT`
 */
export function bundledPrograms(): Record<string, Uint8Array> {
  const directory = packagePath("dist/program");
  try {
    return Object.fromEntries(
      readdirSync(directory).map((name) => [name, readFileSync(packagePath(`dist/program/${name}`))]),
    );
  } catch (cause) {
    throw new WorkspaceError(`the bundled wrapper is not in ${directory}`, {
      code: "WRAPPER_NOT_BUILT",
      remedy: "Run `npm run bundle -w agent-wrapper` in the checkout, or install the package again.",
      cause,
    });
  }
}
