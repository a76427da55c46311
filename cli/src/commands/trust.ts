import { visibleText, WorkspaceError } from "@codex-workspace/core";
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { isConfirmed } from "../trust/require-trust.ts";
import { showAsks, showChange } from "../trust/show-trust.ts";
import { type TrustContent, trustContentOf } from "../trust/trust-content.ts";
import { type TrustAnswer, TrustStore } from "../trust/trust-store.ts";
import { readWorkspaceInputs } from "../workspace-inputs.ts";
import { workspaceOptions } from "./workspace-options.ts";

interface TrustOptions {
  readonly spec?: string;
  readonly show?: true;
  readonly hash?: string;
  readonly revoke?: true;
  readonly json?: true;
}

export function trustCommand(context: CliContext): Command {
  return new Command("trust")
    .summary("say yes to what the spec in a project asks for")
    .description(
      "Shows what the spec in DIR asks for beyond the defaults, and stores your yes to this very content. At a terminal it asks first; without one, the command is the yes.",
    )
    .argument("[DIR]", "the project directory", ".")
    .addOption(workspaceOptions.spec())
    .option("--show", "only show what it asks for, the whole of it, and the hash of the content")
    .option("--hash <hash>", "say yes only if the content has this hash, as --show printed it")
    .option("--revoke", "forget the yes")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace trust                       this directory
  codex-workspace trust ~/src/app --show      what its spec asks for`,
    )
    .action(async (directory: string, options: TrustOptions) => {
      const { file, ...inputs } = await readWorkspaceInputs(context, { directory, spec: options.spec });
      const content = trustContentOf({ file, ...inputs });
      if (content === undefined) {
        const spec = file?.path ?? null;
        const why = spec === null ? "there is no spec" : "you named a spec outside of the project";
        const known = { directory: inputs.directory, spec, asks: [], trusted: true };
        context.output.result(options.json ? JSON.stringify(known) : `nothing to trust: ${why}`);
        return;
      }
      const store = new TrustStore(context.state.trust);
      const before = await store.read(content);
      if (options.revoke) await store.remove(content);
      else if (options.show !== true) await trust(context, store, content, before, options);
      const trusted = options.revoke ? false : options.show !== true || isTrusted(content, before);
      context.output.result(
        options.json ? toJson(content, trusted) : toText(content, options.show === true, trusted, before),
      );
    });
}

/** @throws WorkspaceError `SPEC_NOT_TRUSTED` */
async function trust(
  context: CliContext,
  store: TrustStore,
  content: TrustContent,
  before: TrustAnswer | undefined,
  { hash }: TrustOptions,
): Promise<void> {
  if (hash !== undefined && hash !== content.hash) {
    throw new WorkspaceError(
      `the content of ${visibleText(content.spec)} has the hash ${content.hash}, not ${visibleText(hash)}`,
      {
        code: "SPEC_NOT_TRUSTED",
        remedy: "It has changed since: look at it again with --show.",
      },
    );
  }
  if (isTrusted(content, before)) return;
  if (context.canAsk && hash === undefined && !(await isConfirmed(context, content, before))) {
    throw new WorkspaceError(`${visibleText(content.spec)} is not trusted`, {
      code: "SPEC_NOT_TRUSTED",
      remedy: "Change the spec, or answer y.",
    });
  }
  await store.write(content);
}

function isTrusted({ asks, hash }: TrustContent, before: TrustAnswer | undefined): boolean {
  return asks.length === 0 || before?.hash === hash;
}

function toJson({ directory, spec, hash, asks }: TrustContent, trusted: boolean): string {
  return JSON.stringify({ directory, spec, hash, asks, trusted });
}

function toText(content: TrustContent, isShown: boolean, trusted: boolean, before: TrustAnswer | undefined): string {
  const spec = visibleText(content.spec);
  if (content.asks.length === 0) return `${spec} asks for nothing beyond the defaults`;
  const verdict = `${trusted ? "trusted" : "not trusted"}: ${spec}\nhash: ${content.hash}`;
  const asks = `${spec} asks for more than the defaults:\n${showAsks(content.asks, { all: isShown })}`;
  const change =
    isShown && !trusted && before !== undefined ? [`since you trusted it:\n${showChange(before, content)}`] : [];
  return [asks, ...change, verdict].join("\n\n");
}
