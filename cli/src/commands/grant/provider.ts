import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { type Provider, providers } from "../../grants/providers.ts";
import { type GrantOptions, grantOptions } from "./grant-options.ts";

interface ProviderOptions extends GrantOptions {
  readonly baseUrl: string;
  readonly anyKeyShape?: true;
}

/** `grant openai` and `grant github`. */
export const providerCommands = [openaiCommand, githubCommand];

function openaiCommand(context: CliContext): Command {
  return providerCommand(context, providers.openai)
    .option("--any-key-shape", "take a key that does not begin with sk-, as other providers have them")
    .summary("the key of the model provider")
    .description(
      "Stores a key of OpenAI, or of a provider with its API: that of OPENAI_API_KEY, of standard input or typed unseen. `GET /v1/models` tells whether it is good.",
    )
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace grant openai
  pass show openai | codex-workspace grant openai --stdin --profile work
  codex-workspace grant openai --base-url https://models.example.com/v1 --any-key-shape`,
    );
}

function githubCommand(context: CliContext): Command {
  return providerCommand(context, providers.github)
    .summary("a token of GitHub")
    .description(
      "Stores a token of GitHub, or of an enterprise server: that of GITHUB_TOKEN, GH_TOKEN, of `gh auth token`, of standard input or typed unseen. `GET /user` tells whether it is good.",
    )
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace grant github
  codex-workspace grant github --base-url https://github.example.com/api/v3 --stdin < token`,
    );
}

function providerCommand(context: CliContext, provider: Provider): Command {
  return new Command(provider.kind)
    .addOption(grantOptions.baseUrl(provider.baseUrl))
    .addOption(grantOptions.profile())
    .addOption(grantOptions.stdin())
    .addOption(grantOptions.json())
    .action(async ({ baseUrl, anyKeyShape, ...options }: ProviderOptions) => {
      const { grantOfProvider, storeGrant } = await import("../../grants/make-grant.ts");
      const settings = { baseUrl, anyKeyShape: anyKeyShape === true, stdin: options.stdin === true };
      await storeGrant(context, await grantOfProvider(context, provider, settings), options);
    });
}
