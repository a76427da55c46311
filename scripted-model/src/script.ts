import { followDirectives } from "./directives.ts";
import type { Reply } from "./reply.ts";
import type { ScriptedRequest } from "./scripted-request.ts";

/** What the model answers to a turn's request. Titles and compactions are answered without asking it. */
export type Script = (request: ScriptedRequest) => Answer | Promise<Answer>;
type Answer = Reply | readonly Reply[];

/** Follows the directives of the prompt; without any it answers `Echo: ` and the prompt, character for character. */
export function echoScript(request: ScriptedRequest): readonly Reply[] {
  return followDirectives(request) ?? [{ kind: "text", text: `Echo: ${request.prompt}` }];
}

/** Follows the directives of the prompt; without any it says what it is, what was asked, and how to get a real model. */
export function demoScript(request: ScriptedRequest): readonly Reply[] {
  return (
    followDirectives(request) ?? [{ kind: "text", text: introduction(request.prompt), chunkSize: 24, chunkDelayMs: 5 }]
  );
}

/** One entry for each request of a turn, in the order of arrival; a request beyond the last is refused, so that a test sees it. */
export function inOrder(answers: readonly Answer[]): Script {
  let next = 0;
  return () => {
    const answer = answers[next++];
    return (
      answer ?? {
        kind: "error",
        status: 400,
        code: "script_exhausted",
        message: `The script has ${answers.length} answers; this is request ${next}.`,
      }
    );
  };
}

/** The answer to a request for a thread's title or for a summary: short, and never a directive's doing. */
export function answerHousekeeping(request: ScriptedRequest & { readonly purpose: "title" | "compaction" }): Reply {
  const text =
    request.purpose === "title"
      ? JSON.stringify({ title: titleFor(request.prompt) })
      : `Summary: ${request.prompts.length - 1} prompts were answered by the scripted model.`;
  return { kind: "text", text };
}

/** Codex puts what the title is for after these words, and allows 36 characters. */
function titleFor(prompt: string): string {
  const subject = prompt.split("User prompt:\n").at(-1) ?? prompt;
  const line = subject.split("\n").find((text) => text.trim() !== "" && !text.startsWith("#model:"));
  return Array.from(line?.trim() ?? "Scripted turn")
    .slice(0, 36)
    .join("");
}

function introduction(prompt: string): string {
  return `I am the **scripted demo model** of codex-workspace. Everything around me is real (Codex, its session, its tools), but there is no language model behind my answers.

You wrote:

${prompt
  .split("\n")
  .map((line) => `> ${line}`)
  .join("\n")}

To talk to a real model, give the workspace one and apply the change:

- \`codex-workspace up\`: set \`OPENAI_API_KEY\`, or \`modelProvider\` in the spec.
- Pulumi, CDK for Terraform: set \`modelProvider\` instead of \`demoModel\`.

Until then you can tell me what to do, with lines like these at the start of a prompt:

\`\`\`
#model: run ls -la
#model: run-escalated date
\`\`\`

The first runs a command in Codex's sandbox; the second asks for your approval first.`;
}
