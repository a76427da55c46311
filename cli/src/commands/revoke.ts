import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { grantOptions, parseGrantName } from "./grant/grant-options.ts";

export function revokeCommand(context: CliContext): Command {
  return new Command("revoke")
    .summary("forget a key that was granted")
    .description("Removes a grant. The key itself stays valid until its provider is told.")
    .argument("<GRANT>", "its name", parseGrantName)
    .addOption(grantOptions.profile())
    .addOption(grantOptions.json())
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace revoke github
  codex-workspace revoke openai --profile work`,
    )
    .action(async (name: string, { profile, json }: { readonly profile: string; readonly json?: true }) => {
      const [{ openGrants }, { describe }] = await Promise.all([
        import("../grants/open-grants.ts"),
        import("../grants/store.ts"),
      ]);
      if (!(await openGrants(context).remove({ profile, name }))) {
        throw new WorkspaceError(`there is no ${describe({ profile, name })}`, {
          code: "GRANT_NOT_FOUND",
          remedy: "`codex-workspace grant list` has those that there are.",
        });
      }
      if (json) context.output.result(JSON.stringify({ name, profile }));
      else context.output.result(`removed ${describe({ profile, name })}; its key is valid until its provider is told`);
    });
}
