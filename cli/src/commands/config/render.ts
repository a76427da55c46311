import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { planIntended, renderConfiguration } from "../../intended-workspace.ts";
import { type IntendedOptions, withIntendedOptions } from "./intended-options.ts";

interface RenderOptions extends IntendedOptions {
  readonly out?: string;
}

export function renderCommand(context: CliContext): Command {
  const command = new Command("render")
    .summary("print the files that would be written")
    .description(
      "Prints config.toml and the block of AGENTS.md as they would be written into an empty CODEX_HOME, and what the wrapper is told, without secrets.",
    )
    .option("--out <dir>", "write them into this directory instead, created when missing");
  return withIntendedOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace config render
  codex-workspace config render --spec team.yaml --out rendered`,
    )
    .action(async (options: RenderOptions) => {
      const rendered = renderConfiguration(await planIntended(context, options));
      const { files, configHash } = rendered;
      const out = options.out === undefined ? undefined : resolve(context.cwd, options.out);
      const written = out === undefined ? undefined : await writeInto(out, files);
      if (options.json) {
        context.output.result(JSON.stringify(written === undefined ? rendered : { configHash, written }));
        return;
      }
      const texts = Object.entries(files).map(([name, text]) => `# ── ${name}\n${text}`);
      context.output.result(written === undefined ? texts.join("\n").trimEnd() : written.join("\n"));
    });
}

/** Nothing is overwritten: an AGENTS.md that is there is somebody's. */
async function writeInto(directory: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const written: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name);
    // extraSettings may hold what is not for everybody.
    await writeFile(file, text, { flag: "wx", mode: 0o600 }).catch((cause: unknown) => {
      throw new WorkspaceError(`${file} cannot be written (${String((cause as NodeJS.ErrnoException).code)})`, {
        code: "DIRECTORY_UNUSABLE",
        remedy: "Give --out an empty directory that you may write, or one to create.",
        cause,
      });
    });
    written.push(file);
  }
  return written;
}
