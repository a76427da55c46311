import { Command } from "commander";
import type { EngineChoice } from "../choose-engine.ts";
import type { CliContext } from "../context.ts";
import { diagnose, type Finding } from "../doctor/diagnose.ts";
import { exitCodes } from "../show-error.ts";
import { workspaceOptions } from "./workspace-options.ts";

interface DoctorOptions {
  readonly spec?: string;
  readonly engine: EngineChoice;
  readonly name?: string;
  readonly port?: number;
  readonly json?: true;
}

export function doctorCommand(context: CliContext): Command {
  return new Command("doctor")
    .summary("say what this machine lacks for a workspace")
    .description(
      "Looks at what a workspace for DIR needs of this machine, and says of each fault what to do. Changes nothing. Exit code 1 when something fails.",
    )
    .argument("[DIR]", "the project directory", ".")
    .addOption(workspaceOptions.spec())
    .addOption(workspaceOptions.engine().default("auto"))
    .addOption(workspaceOptions.name())
    .addOption(workspaceOptions.port())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace doctor
  codex-workspace doctor --engine local --json`,
    )
    .action(async (directory: string, options: DoctorOptions) => {
      // Knows Docker's client, which --help of the others shall not wait for.
      const { probe } = await import("../doctor/probe.ts");
      const findings = diagnose(await probe(context, { directory, ...options }));
      context.output.result(options.json ? JSON.stringify({ findings }) : findings.map(showFinding).join("\n"));
      if (findings.some(({ level }) => level === "fail")) context.exitWith(exitCodes.failure);
    });
}

function showFinding({ check, level, message, remedy }: Finding): string {
  const line = `${level.padEnd(4)}  ${check.padEnd(16)} ${message}`;
  return remedy === undefined ? line : `${line}\n      ${" ".repeat(16)} → ${remedy}`;
}
