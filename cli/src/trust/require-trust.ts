import { type Problem, visibleText, WorkspaceError } from "@codex-workspace/core";
import type { CliContext } from "../context.ts";
import type { WorkspaceInputs } from "../workspace-inputs.ts";
import { askYesOrNo } from "../ask-yes-or-no.ts";
import { briefAsks, showAsks, showChange } from "./show-trust.ts";
import { type TrustContent, trustContentOf } from "./trust-content.ts";
import { type TrustAnswer, TrustStore } from "./trust-store.ts";

export interface TrustOptions {
  /** `--trust-spec`: yes to this content, now and later. */
  readonly trustSpec: boolean;
}

/**
 * Lets a spec of the project pass only with its user's yes to this very content. A spec that asks for nothing beyond the
 * defaults needs none, nor does one that the user named outside of every project.
 *
 * @throws WorkspaceError `SPEC_NOT_TRUSTED`
 */
export async function requireTrust(
  context: CliContext,
  inputs: WorkspaceInputs,
  { trustSpec }: TrustOptions,
): Promise<void> {
  const content = trustContentOf(inputs);
  if (content === undefined || content.asks.length === 0) return;
  const store = new TrustStore(context.state.trust);
  const before = await store.read(content);
  if (before?.hash === content.hash) return;
  if (!trustSpec && !(await isConfirmed(context, content, before))) throw notTrusted(context, content, before);
  await store.write(content);
}

/** Shows what a spec asks for, and asks at a terminal. Without a terminal the answer is no. */
export async function isConfirmed(
  context: CliContext,
  content: TrustContent,
  before: TrustAnswer | undefined,
): Promise<boolean> {
  const { canAsk, output } = context;
  if (canAsk) output.note(`${headline(content, before)}:\n${showAsks(content.asks)}`);
  if (before !== undefined) output.note(showChange(before, content));
  if (!canAsk) return false;
  return askYesOrNo(context, "Do you trust this content of the spec? [y/N]");
}

function headline({ spec }: TrustContent, before: TrustAnswer | undefined): string {
  const since = before === undefined ? "" : ", and has changed since you trusted it";
  return `${visibleText(spec)} asks for more than the defaults${since}`;
}

function notTrusted(
  { programName }: CliContext,
  content: TrustContent,
  before: TrustAnswer | undefined,
): WorkspaceError {
  const directory = visibleText(content.directory);
  return new WorkspaceError(
    `${headline(content, before)}. It lies in a project, whose authors and whose agent can write it`,
    {
      code: "SPEC_NOT_TRUSTED",
      remedy: `Read what it asks for. If you want it, add --trust-spec, or run \`${programName} trust ${directory}\`; \`trust ${directory} --show\` shows all of it.`,
      problems: briefAsks(content.asks).map(({ path, words }): Problem => ({ path, message: words })),
    },
  );
}
