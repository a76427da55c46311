import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";
import { demoProgram } from "@codex-workspace/scripted-model/demo-program";
import { isAlive } from "../../process-identity.ts";
import type { ProcessRecord } from "../../state.ts";
import { followFile } from "./follow-file.ts";
import { startDetached } from "./processes.ts";

export interface DemoModelOptions {
  /** Of the workspace. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Told before it listens, so that a failure can end it. */
  readonly onStarted: (started: ProcessRecord) => Promise<void>;
}

/** Starts the scripted model as a process of its own; settles with its base URL when it listens. */
export async function startDemoModel({ directory, env, onStarted }: DemoModelOptions): Promise<string> {
  const logFile = join(directory, "demo-model.log");
  const from = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  const started = await startDetached({
    program: process.execPath,
    args: [demoProgram, "--mode", "demo", "--port", "0"],
    cwd: dirname(demoProgram),
    env,
    logFile,
  });
  await onStarted(started);
  let said = "";
  for await (const chunk of followFile(logFile, { from, goesOn: () => isAlive(started) })) {
    said += Buffer.from(chunk).toString("utf8");
    const [line, rest] = said.split("\n", 2);
    if (rest !== undefined && line !== undefined) return (JSON.parse(line) as { url: string }).url;
  }
  throw new WorkspaceError(`the scripted demo model ended at once: ${said.trim()}`, {
    code: "START_FAILED",
    remedy: "Run `npm run bundle -w scripted-model` in a checkout, or install the package again.",
  });
}
