import { Command } from "commander";
import { checkConfig, configRefused } from "../../check-config.ts";
import type { CliContext } from "../../context.ts";
import { requireCodexProgram } from "../../engines/local/codex-program.ts";
import { planIntended } from "../../intended-workspace.ts";
import { withoutProjectPrograms } from "../../project-programs.ts";
import { requireTrust } from "../../trust/require-trust.ts";
import { workspaceOptions } from "../workspace-options.ts";
import { type IntendedOptions, withIntendedOptions } from "./intended-options.ts";

interface CheckOptions extends IntendedOptions {
  readonly trustSpec?: true;
}

export function checkCommand(context: CliContext): Command {
  const command = new Command("check")
    .summary("let the pinned Codex judge the configuration")
    .description(
      "Gives config.toml, and what each profile makes of it, to Codex of the pinned version, on this machine, which refuses what it does not understand. Installs that version once, where it is not here.",
    );
  return withIntendedOptions(command)
    .addOption(workspaceOptions.trustSpec())
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace config check
  codex-workspace config check --spec team.yaml --json`,
    )
    .action(async (options: CheckOptions) => {
      const { plan, engine, inputs } = await planIntended(context, options);
      // It installs and runs the Codex that the spec names.
      await requireTrust(context, inputs, { trustSpec: options.trustSpec === true });
      const { signal, output, state } = context;
      const env = withoutProjectPrograms(context.env, { cwd: context.cwd, projects: [inputs.directory] });
      const version = plan.codexVersion;
      const note = (text: string): void => output.note(text);
      // Of an image's own Codex, one of the same version says the same here.
      const install = engine === "docker" || plan.installCodex;
      const program = await requireCodexProgram({ version, install, cache: state.codexCache, env, signal, note });
      let strictly = true;
      for (const config of [plan.config, ...Object.values(plan.profiles)]) {
        const verdict = await checkConfig(config, { program, env, signal });
        if (verdict.kind === "accepted") {
          strictly &&= verdict.strictly;
          continue;
        }
        throw configRefused(version, verdict.problem);
      }
      if (options.json) output.result(JSON.stringify({ codexVersion: version, accepted: true, strictly }));
      else
        output.result(
          strictly
            ? `Codex ${version} accepts the configuration, every key of it`
            : `Codex ${version} accepts the configuration; this version overlooks keys that it does not know`,
        );
    });
}
