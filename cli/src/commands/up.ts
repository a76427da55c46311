import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { chooseModel, type ModelChoice } from "../choose-model.ts";
import type { CliContext } from "../context.ts";
import type { Engine, EngineKind } from "../engines/engine.ts";
import { createSecretResolver } from "../secrets.ts";
import { readSpecFile } from "../spec-file.ts";
import { upWorkspace, type UpResult } from "../up-workspace.ts";
import { nameOfDirectory } from "../workspace-name.ts";
import { WorkspaceError } from "@codex-workspace/core";
import { dirname } from "node:path";

interface UpOptions {
  readonly spec?: string;
  readonly engine: EngineKind | "auto";
  readonly name?: string;
  readonly port?: number;
  readonly timeout: number;
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
    .option("--spec <file>", "the spec: .yaml, .toml or .json (default: codex-workspace.{yaml,yml,toml,json} in DIR)")
    .addOption(
      new Option("--engine <engine>", "containers, or processes of this machine; auto: docker where it answers")
        .choices(["auto", "docker", "local"])
        .default("auto"),
    )
    .option("--name <name>", "the workspace's name (default: from DIR)", parseName)
    .option(
      "--port <port>",
      "where the API listens on 127.0.0.1; 0: any free port (default: api.port of the spec, or 3284)",
      parsePort,
    )
    .option("--timeout <seconds>", "how long it may take to be ready", parseSeconds, 120)
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
    .action(async (given: string, options: UpOptions) => {
      const directory = resolve(context.cwd, given);
      const specFile = await readSpecFile(directory, options.spec && resolve(context.cwd, options.spec));
      const spec = withPort(specFile?.spec ?? {}, options.port);
      const name = options.name ?? nameOfDirectory(directory);
      const model = chooseModel(spec, context.env);
      const result = await upWorkspace(context, {
        name,
        directory,
        spec,
        resolveSecret: createSecretResolver({
          env: context.env,
          directory: specFile === undefined ? directory : dirname(specFile.path),
        }),
        model,
        engine: await chooseEngine(context, name, options.engine),
        readyDeadlineMs: options.detach ? undefined : options.timeout * 1000,
      });
      for (const warning of result.warnings) context.output.note(`warning: ${warning}`);
      context.output.result(options.json ? JSON.stringify(toJson(context, result)) : toText(context, result, options));
    });
}

function withPort<T extends { readonly api?: { readonly port?: number | undefined } | undefined }>(
  spec: T,
  port: number | undefined,
): T {
  return port === undefined ? spec : { ...spec, api: { ...spec.api, port } };
}

/** `auto`: the engine the workspace has already, else Docker where it answers, else processes here, which is said. */
async function chooseEngine(context: CliContext, name: string, wanted: EngineKind | "auto"): Promise<Engine> {
  if (wanted !== "auto") return context.engine(wanted);
  const recorded = await context.state.workspace(name).read();
  if (recorded !== undefined) return context.engine(recorded.engine);
  try {
    const docker = await context.engine("docker");
    await docker.requireAvailable();
    return docker;
  } catch (error) {
    if (!(error instanceof WorkspaceError) || error.code !== "ENGINE_UNAVAILABLE") throw error;
    context.output.note(
      `${error.message}: using --engine local, processes of this user without a container around them`,
    );
    return context.engine("local");
  }
}

function toJson(context: CliContext, { record, started, warnings }: UpResult): object {
  const { name, engine, directory, url, codexVersion, configHash, model } = record;
  return {
    name,
    engine,
    change: started.change,
    url,
    token: started.token.reveal(),
    tokenFile: context.state.workspace(name).tokenFile,
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
  unchanged: "runs already, unchanged,",
} as const;

function toText({ state, programName }: CliContext, { record, started }: UpResult, { detach }: UpOptions): string {
  const { name, engine, url = "", codexVersion = "", model } = record;
  const how = detach === true && started.change !== "unchanged" ? "starts" : changes[started.change];
  const where = engine === "docker" ? "Docker" : "processes of this machine";
  return `"${name}" ${how} at ${url} (${where}, Codex ${codexVersion})
${showModel(model)}

next:
  ${programName} send --name ${name} "What are you?"
  ${programName} attach --name ${name}        the session's own terminal; Ctrl-] leaves it
  curl -H "Authorization: Bearer $(cat ${state.workspace(name).tokenFile})" ${url}/status
  ${programName} down --name ${name}`;
}

function showModel(model: (ModelChoice & { readonly baseUrl: string }) | undefined): string {
  if (model === undefined) return "model: unknown";
  const { kind, why, baseUrl } = model;
  return kind === "demo" ? `model: a scripted demo, no real one (${why})` : `model: ${baseUrl} (${why})`;
}

/** As a plan demands it; asked here already, since the name becomes a path first. */
function parseName(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected up to 63 letters, digits, `_`, `.` and `-`, a letter or digit first.");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError("Expected a port: 0 to 65535.");
  return port;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError("Expected a number of seconds above 0.");
  return seconds;
}
