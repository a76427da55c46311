import { Command } from "commander";
import { chooseEngine, type EngineChoice } from "../choose-engine.ts";
import type { ModelChoice } from "../choose-model.ts";
import type { CliContext } from "../context.ts";
import { requireNoYolo } from "../no-yolo.ts";
import { requireDirectory } from "../require-directory.ts";
import { requireTrust } from "../trust/require-trust.ts";
import { upWorkspace, type UpResult } from "../up-workspace.ts";
import { readWorkspaceInputs } from "../workspace-inputs.ts";
import { workspaceOptions } from "./workspace-options.ts";

interface UpOptions {
  readonly spec?: string;
  readonly trustSpec?: true;
  readonly engine: EngineChoice;
  readonly name?: string;
  readonly port?: number;
  readonly fullAuto?: boolean;
  readonly noyolo?: true;
  readonly timeout: number;
  readonly grant?: readonly string[];
  readonly profile?: string;
  readonly allowHost?: readonly string[];
  readonly acceptNoIsolation?: true;
  readonly create?: true;
  readonly forget?: true;
  readonly detach?: true;
  readonly json?: true;
}

export function upCommand(context: CliContext): Command {
  return new Command("up")
    .summary("start a workspace, or bring it to what its spec says")
    .description(
      "Starts a workspace for DIR and returns when its Codex session takes prompts. Again, it changes what the spec changed and nothing else.",
    )
    .argument("[DIR]", "the project directory, created when missing", ".")
    .addOption(workspaceOptions.spec())
    .addOption(workspaceOptions.trustSpec())
    .addOption(workspaceOptions.engine().default("auto"))
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
    .option("--forget", "ignore the options that earlier commands gave this workspace")
    .option("--detach", "return as soon as it runs, without waiting until it is ready")
    .option("--json", "print one JSON object, the API token included")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace up                              this directory, Docker where it is there
  codex-workspace up ~/src/app --engine local     no Docker: processes of this machine
  codex-workspace up --spec team.yaml --port 0    a spec of your own, any free port
  OPENAI_API_KEY=… codex-workspace up             a real model; without a key a scripted demo answers`,
    )
    .action(async (directory: string, options: UpOptions) => {
      const inputs = await readWorkspaceInputs(context, { directory, ...options });
      if (options.noyolo) requireNoYolo(inputs);
      await requireDirectory(context, inputs, { create: options.create === true });
      await requireTrust(context, inputs, { trustSpec: options.trustSpec === true });
      const result = await upWorkspace(context, {
        ...inputs,
        engine: await chooseEngine(context, inputs, options.engine),
        readyDeadlineMs: options.detach ? undefined : options.timeout * 1000,
      });
      context.output.result(options.json ? JSON.stringify(toJson(context, result)) : toText(context, result, options));
    });
}

function toJson(context: CliContext, { record, started, warnings }: UpResult): object {
  const { name, engine, directory, url, codexVersion, configHash, model } = record;
  return {
    name,
    engine,
    change: started.change,
    url,
    ...(started.token !== undefined && {
      token: started.token.reveal(),
      tokenFile: context.state.workspace(name).tokenFile,
    }),
    directory,
    codexVersion,
    configHash,
    model,
    ...started.runs,
    warnings,
  };
}

const changes = {
  created: "is ready",
  started: "is ready again",
  replaced: "is ready with its new settings",
  reloaded: "runs on, with its new settings,",
  tokens: "runs on, with its tokens and keys exchanged,",
  unchanged: "runs already, unchanged,",
} as const;

/** Where nobody waited for it. */
const begun = {
  ...changes,
  created: "starts",
  started: "starts",
  replaced: "starts",
  reloaded: "runs on, with new settings to come,",
} as const;

function toText({ state, programName }: CliContext, { record, started }: UpResult, { detach }: UpOptions): string {
  const { name, engine, url = "", codexVersion = "", model } = record;
  const how = (detach === true ? begun : changes)[started.change];
  const header =
    started.token === undefined ? "" : ` -H "Authorization: Bearer $(cat ${state.workspace(name).tokenFile})"`;
  const where = engine === "docker" ? "Docker" : "processes of this machine";
  return `"${name}" ${how} at ${url} (${where}, Codex ${codexVersion})
${showModel(model)}

next:
  ${programName} send --name ${name} "What are you?"
  ${programName} attach --name ${name}        the session's own terminal; Ctrl-] leaves it
  ${url}/chat/embed        the page of the workspace, which asks for the token
  curl${header} ${url}/status
  ${programName} down --name ${name}`;
}

function showModel(model: (ModelChoice & { readonly baseUrl: string }) | undefined): string {
  if (model === undefined) return "model: unknown";
  const { kind, why, baseUrl } = model;
  return kind === "demo" ? `model: a scripted demo, no real one (${why})` : `model: ${baseUrl} (${why})`;
}
