import * as z from "zod";

/** What Codex wants with a request: a turn of the conversation, a title for a thread, or a summary that replaces the conversation. */
export type Purpose = "turn" | "title" | "compaction";

/** The output of a tool that Codex ran for the current prompt. */
export interface ToolOutput {
  readonly callId: string;
  readonly text: string;
}

/** A request to the Responses API as a script reads it. Everything in it comes from the request itself. */
export interface ScriptedRequest {
  readonly purpose: Purpose;
  readonly model: string;
  /** The user's last prompt, exactly as it was sent; context that Codex adds as user messages is left out. */
  readonly prompt: string;
  /** Every prompt of the conversation, oldest first. */
  readonly prompts: readonly string[];
  /** Outputs that followed the last prompt, oldest first. Their number is the step that the turn has reached. */
  readonly toolOutputs: readonly ToolOutput[];
  /** Names of the tools that Codex offers, also those that it offers inside the input. */
  readonly tools: readonly string[];
  /** The request body as it was received. */
  readonly body: ResponsesBody;
}

const part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  /** In place of the text where one agent writes to another. */
  encrypted_content: z.string().optional(),
});
const output = z.union([z.string(), z.array(part)]);
interface Tool {
  name?: string | undefined;
  tools?: Tool[] | undefined;
}
const tool: z.ZodType<Tool> = z.lazy(() =>
  z.looseObject({ name: z.string().optional(), tools: z.array(tool).optional() }),
);
const item = z.looseObject({
  type: z.string().default("message"),
  role: z.string().optional(),
  content: z.union([z.string(), z.array(part)]).nullish(),
  call_id: z.string().optional(),
  output: output.optional(),
  tools: z.array(tool).optional(),
});

/** The parts of a request body that are read here; everything else passes through. */
export const responsesBody = z.looseObject({
  model: z.string(),
  stream: z.boolean().nullish(),
  instructions: z.string().nullish(),
  input: z.union([z.string().transform((text) => [item.parse({ role: "user", content: text })]), z.array(item)]),
  tools: z.array(tool).nullish(),
  client_metadata: z.record(z.string(), z.unknown()).nullish(),
  text: z
    .looseObject({ format: z.looseObject({ schema: z.looseObject({ properties: z.looseObject({}) }) }).optional() })
    .nullish()
    .catch(undefined),
});
export type ResponsesBody = z.output<typeof responsesBody>;
type Item = ResponsesBody["input"][number];

/** Reads a checked body as a script sees it. */
export function toScriptedRequest(body: ResponsesBody): ScriptedRequest {
  const prompts: string[] = [];
  let toolOutputs: ToolOutput[] = [];
  for (const entry of body.input) {
    const prompt = promptIn(entry);
    if (prompt !== undefined) {
      prompts.push(prompt);
      toolOutputs = [];
    }
    if (entry.output !== undefined) {
      toolOutputs.push({ callId: entry.call_id ?? "", text: textOf(entry.output).join("") });
    }
  }
  return {
    purpose: purposeOf(body),
    model: body.model,
    prompt: prompts.at(-1) ?? "",
    prompts,
    toolOutputs,
    tools: [...(body.tools ?? []), ...body.input.flatMap((entry) => entry.tools ?? [])].flatMap(toolNames),
    body,
  };
}

function promptIn(entry: Item): string | undefined {
  if (entry.type === "agent_message") return taskIn(entry);
  if (entry.type !== "message" || entry.role !== "user") return undefined;
  const texts = textOf(entry.content ?? []).filter((text) => !isContext(text));
  return texts.length === 0 ? undefined : texts.join("\n");
}

/** What an agent that was just started shall do; what agents tell one another later is no prompt. */
function taskIn({ content }: Item): string | undefined {
  if (!Array.isArray(content) || !textOf(content).some((text) => text.startsWith("Message Type: NEW_TASK"))) return;
  return content.map((piece) => piece.encrypted_content ?? "").join("");
}

/** How the user messages begin that Codex writes by itself, as seen in 0.169. */
const contextBeginnings = [
  "# AGENTS.md instructions",
  "Another language model started to solve this problem and produced a summary",
  "<agent_message_board_notification>",
  "<apps_instructions>",
  "<codex_internal_context",
  "<environment_context>",
  "<model_switch>",
  "<recommended_plugins>",
  "<skill>",
  "<startup_context>",
  "<subagent_notification>",
  "<token_budget>",
  "<turn_aborted>",
  "<user_shell_command>",
];

function isContext(text: string): boolean {
  return contextBeginnings.some((beginning) => text.startsWith(beginning));
}

function textOf(content: z.output<typeof output>): string[] {
  return typeof content === "string" ? [content] : content.flatMap(({ text }) => (text === undefined ? [] : [text]));
}

function toolNames({ name, tools }: Tool): string[] {
  return tools === undefined ? (name === undefined ? [] : [name]) : tools.flatMap(toolNames);
}

const turnMetadata = z.object({ request_kind: z.string().optional(), thread_source: z.string().nullish() }).catch({});

/** Codex says what a request is for in its turn metadata; the schema of a title gives it away when a version does not. */
function purposeOf(body: ResponsesBody): Purpose {
  const { request_kind, thread_source } = turnMetadata.parse(
    parseJson(body.client_metadata?.["x-codex-turn-metadata"]),
  );
  if (request_kind === "compaction") return "compaction";
  if (thread_source === "thread_title") return "title";
  const answerKeys = Object.keys(body.text?.format?.schema.properties ?? {});
  return answerKeys.length === 1 && answerKeys[0] === "title" ? "title" : "turn";
}

function parseJson(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Metadata that is not JSON says nothing about the purpose; the request itself is still a good one.
    return undefined;
  }
}
