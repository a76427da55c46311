import { type Command, Option } from "commander";
import type { EngineKind } from "../../engines/engine.ts";
import { workspaceOptions } from "../workspace-options.ts";

/** Which workspace a configuration is of; the same words for every one of these commands. */
export interface IntendedOptions {
  readonly directory: string;
  readonly spec?: string;
  readonly name?: string;
  readonly engine?: EngineKind;
  readonly json?: true;
}

export function withIntendedOptions(command: Command): Command {
  return command
    .option("--directory <dir>", "the project directory, DIR of `up`", ".")
    .addOption(workspaceOptions.spec())
    .addOption(
      new Option("--engine <engine>", "whose paths (default: the engine that the workspace has, else docker)").choices([
        "docker",
        "local",
      ]),
    )
    .addOption(workspaceOptions.name())
    .option("--json", "print one JSON object");
}
