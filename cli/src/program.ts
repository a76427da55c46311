import { Command, type OutputConfiguration } from "commander";
import { attachCommand } from "./commands/attach.ts";
import { completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config/config.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { downCommand } from "./commands/down.ts";
import { execCommand } from "./commands/exec.ts";
import { grantCommand } from "./commands/grant/grant.ts";
import { interruptCommand } from "./commands/interrupt.ts";
import { listCommand } from "./commands/list.ts";
import { logsCommand } from "./commands/logs.ts";
import { messagesCommand } from "./commands/messages.ts";
import { pruneCommand } from "./commands/prune.ts";
import { revokeCommand } from "./commands/revoke.ts";
import { sendCommand } from "./commands/send.ts";
import { statusCommand } from "./commands/status.ts";
import { traceCommand } from "./commands/trace.ts";
import { trustCommand } from "./commands/trust.ts";
import { upCommand } from "./commands/up.ts";
import type { CliContext } from "./context.ts";

/** The whole command line. */
export function createProgram(context: CliContext, version: string): Command {
  const commands = [
    upCommand,
    sendCommand,
    interruptCommand,
    execCommand,
    statusCommand,
    messagesCommand,
    logsCommand,
    traceCommand,
    attachCommand,
    listCommand,
    downCommand,
    pruneCommand,
    trustCommand,
    grantCommand,
    revokeCommand,
    configCommand,
    doctorCommand,
    completionCommand,
  ].map((create) => create(context));
  const program = new Command("codex-workspace")
    .description("Runs OpenAI's Codex CLI as managed infrastructure: pinned, configured, behind an HTTP API.")
    .version(version)
    .showHelpAfterError("(--help shows what there is)")
    .addHelpText(
      "after",
      `
Begin here:
  codex-workspace up                         start a workspace for this directory
  codex-workspace send "What are you?"       ask it
  codex-workspace attach                     sit at its terminal
  codex-workspace down                       end it

Exit codes: 0 done, 1 failed, 2 bad input, 3 not found or not running, 4 no engine, 130 interrupted.`,
    );
  for (const command of commands) {
    settle(command, context);
    program.addCommand(command);
  }
  return program.exitOverride().configureOutput(through(context));
}

/** What every command has, those below another one too. */
function settle(command: Command, context: CliContext): void {
  command.exitOverride().showHelpAfterError("(--help shows what there is)").configureOutput(through(context));
  if (command.commands.length === 0) command.option("--debug", "show where an error comes from");
  for (const child of command.commands) settle(child, context);
}

/** Help and refusals repeat arguments, which a script can have from anywhere. */
function through({ output }: CliContext): OutputConfiguration {
  const line = (text: string): string => text.replace(/\n$/, "");
  return { writeOut: (text) => output.result(line(text)), writeErr: (text) => output.note(line(text)) };
}
