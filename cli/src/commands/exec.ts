import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";
import { wayTo } from "@codex-workspace/provisioning";
import { Command } from "commander";
import { chooseEngine, type EngineChoice } from "../choose-engine.ts";
import type { CliContext } from "../context.ts";
import { findWorkspace, innermostAround, workspaceOfDirectory } from "../find-workspace.ts";
import { requireNoYolo } from "../no-yolo.ts";
import { readPrompt, requireCompleted, runPrompt } from "../prompt.ts";
import { type ReachedWorkspace, reachRecorded } from "../reach-workspace.ts";
import type { WorkspaceRecord } from "../state.ts";
import { requireDirectory } from "../require-directory.ts";
import { requireTrust } from "../trust/require-trust.ts";
import { upWorkspace } from "../up-workspace.ts";
import { readWorkspaceInputs } from "../workspace-inputs.ts";
import { workspaceOptions } from "./workspace-options.ts";

interface ExecOptions {
  readonly prompt: string;
  readonly spec?: string;
  readonly trustSpec?: true;
  readonly engine?: EngineChoice;
  readonly name?: string;
  readonly port?: number;
  readonly fullAuto?: boolean;
  readonly noyolo?: true;
  readonly grant?: readonly string[];
  readonly profile?: string;
  readonly allowHost?: readonly string[];
  readonly acceptNoIsolation?: true;
  readonly create?: true;
  readonly timeout: number;
  readonly outputSchema?: string;
  readonly verbose?: true;
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
    .addOption(workspaceOptions.trustSpec())
    .addOption(workspaceOptions.engine())
    .addOption(workspaceOptions.name())
    .addOption(workspaceOptions.port())
    .addOption(workspaceOptions.fullAuto())
    .addOption(workspaceOptions.noYolo())
    .addOption(workspaceOptions.grant())
    .addOption(workspaceOptions.profile())
    .addOption(workspaceOptions.allowHost())
    .addOption(workspaceOptions.acceptNoIsolation())
    .addOption(workspaceOptions.timeout())
    .addOption(workspaceOptions.create())
    .option("--output-schema <file>", "a JSON Schema that the final message has to be an instance of")
    .addOption(workspaceOptions.verbose())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace exec -p "Run the tests and say what fails."
  codex-workspace exec -p "List the open risks." --output-schema risks.schema.json | jq
  git diff | codex-workspace exec ~/src/app -p - --json`,
    )
    .action(async (directory: string | undefined, options: ExecOptions) => {
      const input = await readPrompt(context, options.prompt);
      const outputSchema = await readOutputSchema(context, options);
      const workspace = await bringUp(context, directory, options);
      // A turn may run already, of the initial prompt for one: ours waits for it.
      const prompt = await runPrompt(workspace, { input, outputSchema }, context, {
        verbose: options.verbose === true,
      });
      requireCompleted(prompt);
      context.output.result(
        options.json ? JSON.stringify({ name: workspace.name, prompt }) : (prompt.finalMessage ?? ""),
      );
    });
}

async function readOutputSchema(
  { cwd }: CliContext,
  { outputSchema: given }: ExecOptions,
): Promise<Record<string, unknown> | undefined> {
  if (given === undefined) return undefined;
  const file = resolve(cwd, given);
  try {
    const schema: unknown = JSON.parse((await readFile(file, "utf8")).replace(/^\ufeff/, ""));
    if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) return { ...schema };
    throw new TypeError("it is no JSON object");
  } catch (cause) {
    throw new WorkspaceError(`${file} cannot be the schema of an answer: ${(cause as Error).message}`, {
      code: "USAGE",
      remedy: 'Give --output-schema a file with a JSON Schema, an object such as {"type": "object"}.',
      cause,
    });
  }
}

/** One that runs is taken as it is, unless an option says what it shall be; `up` settles the rest. */
async function bringUp(
  context: CliContext,
  directory: string | undefined,
  options: ExecOptions,
): Promise<ReachedWorkspace> {
  const recorded = await findRecorded(context, directory, options);
  const { spec, engine: kind, port, fullAuto, noyolo, grant, allowHost } = options;
  const isShaped = [spec, kind, port, fullAuto, noyolo, grant, allowHost].some((option) => option !== undefined);
  if (recorded !== undefined && !isShaped) {
    const engine = await context.engine(recorded.engine);
    if ((await engine.state(recorded)) === "running") return reachRecorded(context, recorded);
  }
  const inputs = await readWorkspaceInputs(context, {
    ...options,
    directory: directory ?? recorded?.directory ?? context.cwd,
    name: options.name ?? recorded?.name,
  });
  if (options.noyolo) requireNoYolo(inputs);
  await requireDirectory(context, inputs, { create: options.create === true });
  await requireTrust(context, inputs, { trustSpec: options.trustSpec === true });
  const { record } = await upWorkspace(context, {
    ...inputs,
    engine: await chooseEngine(context, inputs, options.engine ?? "auto"),
    readyDeadlineMs: options.timeout * 1000,
  });
  return reachRecorded(context, record);
}

/** The workspace that is meant, if there is one: never another directory's only because it is the only one. */
async function findRecorded(
  { state, cwd }: CliContext,
  directory: string | undefined,
  { name }: ExecOptions,
): Promise<WorkspaceRecord | undefined> {
  if (name !== undefined) return state.workspace(name).read();
  if (directory !== undefined) return workspaceOfDirectory(state, wayTo(resolve(cwd, directory)).real);
  const [here, ...others] = innermostAround(await state.records(), cwd);
  // Of several, findWorkspace asks which.
  return others.length > 0 ? findWorkspace(state, cwd, {}) : here;
}
