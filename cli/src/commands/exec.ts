import { resolve } from "node:path";
import type { MessageBody, WorkspaceClient, WorkspaceStatus } from "@codex-workspace/client";
import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import { chooseEngine, type EngineChoice } from "../choose-engine.ts";
import type { CliContext } from "../context.ts";
import { connect, findWorkspace, innermostAround } from "../find-workspace.ts";
import { requireNoYolo } from "../no-yolo.ts";
import { askWatched, readPrompt } from "../prompt.ts";
import type { WorkspaceRecord } from "../state.ts";
import { upWorkspace } from "../up-workspace.ts";
import { readWorkspaceInputs } from "../workspace-inputs.ts";
import { nameOfDirectory } from "../workspace-name.ts";
import { workspaceOptions } from "./workspace-options.ts";

interface ExecOptions {
  readonly prompt: string;
  readonly spec?: string;
  readonly engine?: EngineChoice;
  readonly name?: string;
  readonly port?: number;
  readonly fullAuto?: boolean;
  readonly noyolo?: true;
  readonly timeout: number;
  readonly json?: true;
}

export function execCommand(context: CliContext): Command {
  return new Command("exec")
    .summary("run one prompt, from nothing to the answer")
    .description(
      "Sends one prompt to the workspace of DIR, brought up first where it does not run, and prints the agent's final message. Exit code 0 when the turn completed, 1 when it failed, 130 when it was interrupted. The workspace goes on.",
    )
    .argument("[DIR]", "the project directory (default: the workspace of this directory, else this directory)")
    .requiredOption("-p, --prompt <text>", "the prompt; - reads it from standard input")
    .addOption(workspaceOptions.spec())
    .addOption(workspaceOptions.engine())
    .addOption(workspaceOptions.name())
    .addOption(workspaceOptions.port())
    .addOption(workspaceOptions.fullAuto())
    .addOption(workspaceOptions.noYolo())
    .addOption(workspaceOptions.timeout())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace exec -p "Run the tests and say what fails."
  git diff | codex-workspace exec ~/src/app -p - --json`,
    )
    .action(async (directory: string | undefined, options: ExecOptions) => {
      const prompt = await readPrompt(context, options.prompt);
      const { client, name } = await bringUp(context, directory, options);
      // A turn may run already, of the initial prompt for one.
      await client.waitUntilStable({ deadlineMs: options.timeout * 1000, signal: context.signal });
      const message = await askWatched(client, prompt, context);
      const { lastTurn } = await client.workspaceStatus({ signal: context.signal });
      requireCompleted(lastTurn, message);
      context.output.result(
        options.json ? JSON.stringify({ name, message, turn: lastTurn }) : (lastTurn?.finalMessage ?? ""),
      );
    });
}

/** One that runs is taken as it is, unless an option says what it shall be; `up` settles the rest. */
async function bringUp(
  context: CliContext,
  directory: string | undefined,
  options: ExecOptions,
): Promise<{ readonly client: WorkspaceClient; readonly name: string }> {
  const recorded = await findRecorded(context, directory, options);
  const isShaped = [options.spec, options.engine, options.port, options.fullAuto, options.noyolo].some(
    (option) => option !== undefined,
  );
  if (recorded !== undefined && !isShaped) {
    const engine = await context.engine(recorded.engine);
    if ((await engine.state(recorded)) === "running") {
      return { client: await connect(context, recorded), name: recorded.name };
    }
  }
  const inputs = await readWorkspaceInputs(context, {
    ...options,
    directory: directory ?? recorded?.directory ?? context.cwd,
    name: options.name ?? recorded?.name,
  });
  if (options.noyolo) requireNoYolo(inputs);
  const { record, warnings } = await upWorkspace(context, {
    ...inputs,
    engine: await chooseEngine(context, inputs.name, options.engine ?? "auto"),
    readyDeadlineMs: options.timeout * 1000,
  });
  for (const warning of warnings) context.output.note(`warning: ${warning}`);
  return { client: await connect(context, record), name: record.name };
}

/** The workspace that is meant, if there is one: never another directory's only because it is the only one. */
async function findRecorded(
  { state, cwd }: CliContext,
  directory: string | undefined,
  { name }: ExecOptions,
): Promise<WorkspaceRecord | undefined> {
  if (name !== undefined) return state.workspace(name).read();
  if (directory !== undefined) return state.workspace(nameOfDirectory(resolve(cwd, directory))).read();
  const [here, ...others] = innermostAround(await state.records(), cwd);
  // Of several, findWorkspace asks which.
  return others.length > 0 ? findWorkspace(state, cwd, {}) : here;
}

/** @throws WorkspaceError `TURN_FAILED`, `TURN_INTERRUPTED` */
function requireCompleted(turn: WorkspaceStatus["lastTurn"], { content }: MessageBody): void {
  if (turn?.status === "completed") return;
  if (turn?.status === "interrupted") {
    throw new WorkspaceError("the turn was interrupted before it came to its end", {
      code: "TURN_INTERRUPTED",
      remedy: "Read how far it came with `codex-workspace messages`, then send a prompt that goes on from there.",
    });
  }
  throw new WorkspaceError(`the turn failed: ${turn?.error ?? content}`, {
    code: "TURN_FAILED",
    remedy: "Mend what Codex names; `codex-workspace logs` and `codex-workspace messages` have more.",
  });
}
