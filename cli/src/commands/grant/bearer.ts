import { WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { providerOf } from "../../grants/providers.ts";
import { type GrantOptions, grantOptions, parseGrantName } from "./grant-options.ts";

export function bearerCommand(context: CliContext): Command {
  return new Command("bearer")
    .summary("a bearer token for one host")
    .description("Stores a token that requests to one host carry as `Authorization: Bearer`. Nobody is asked about it.")
    .argument("<NAME>", "how specs call it", parseGrantName)
    .addOption(grantOptions.host())
    .addOption(grantOptions.profile())
    .addOption(grantOptions.stdin())
    .addOption(grantOptions.json())
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace grant bearer packages --host npm.example.com
  codex-workspace grant packages --host npm.example.com --stdin < token`,
    )
    .action(async (name: string, { host, ...options }: GrantOptions & { readonly host: string }) => {
      if (providerOf(name) !== undefined) {
        throw new WorkspaceError(`"${name}" is a grant of its own kind, for hosts of its own`, {
          code: "USAGE",
          remedy: `Use \`codex-workspace grant ${name}\`, or choose another name.`,
        });
      }
      const { bearerGrant, storeGrant } = await import("../../grants/make-grant.ts");
      await storeGrant(context, await bearerGrant(context, { name, host, stdin: options.stdin === true }), options);
    });
}
