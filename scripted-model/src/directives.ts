import { execCommand, type Reply } from "./reply.ts";
import type { ScriptedRequest } from "./scripted-request.ts";

/**
 * Directives are lines at the start of a prompt that say what the model shall do, so that whoever can send a prompt can steer it:
 *
 *     #model: run ls -l
 *     #model: say All listed.
 *     The rest of the prompt is text.
 *
 * A call of a tool ends a response; the next line is done when Codex comes back with the tool's output. Where the directives end in a tool
 * call, the model answers with that tool's output; where they say nothing that ends the turn, it echoes the rest of the prompt.
 */
const prefix = "#model:";

/** The directives, each with what it does, for documentation and for the answer to an unknown one. TEXT may be a JSON string. */
export const directiveHelp: readonly (readonly [syntax: string, meaning: string])[] = [
  ["say TEXT", "answer TEXT"],
  ["stream N chunks every DURATION", "answer N numbered words, one delta each"],
  ["reason TEXT", "show TEXT as a summary of reasoning"],
  ["run COMMAND", "run a shell command in Codex's sandbox"],
  ["run-escalated COMMAND", "ask to run a shell command outside the sandbox"],
  ["write PATH TEXT", "create a file with apply_patch"],
  ["patch TEXT", "apply a whole patch, given as a JSON string"],
  ["call NAME JSON", "call any function tool with these arguments; one of a group is GROUP.NAME"],
  ["code JAVASCRIPT", "call the exec tool of models that work in code mode"],
  ["wait DURATION", "pause; 250ms, 2s, 1m"],
  ["usage INPUT OUTPUT", "report these token counts"],
  ["fail STATUS [CODE [TEXT]]", "answer with an HTTP error"],
  ["fail-stream CODE [TEXT]", "begin to answer, then fail"],
  ["hang", "send nothing more and keep the connection open"],
  ["disconnect", "cut the connection"],
];

/** What the directives of the prompt want at this step of the turn, or `undefined` when the prompt has none. */
export function followDirectives(request: ScriptedRequest): readonly Reply[] | undefined {
  const { lines, rest } = splitPrompt(request.prompt);
  if (lines.length === 0) return undefined;
  const replies: Reply[] = [];
  for (const line of lines) {
    const reply = parseDirective(line, request);
    if ("problem" in reply) return [{ kind: "text", text: explain(line, reply.problem) }];
    replies.push(reply);
  }
  return stepOf(replies, request, rest);
}

function splitPrompt(prompt: string): { lines: string[]; rest: string } {
  const lines: string[] = [];
  let rest = prompt;
  while (rest.startsWith(prefix)) {
    const end = rest.indexOf("\n");
    lines.push(rest.slice(prefix.length, end === -1 ? undefined : end).trim());
    rest = end === -1 ? "" : rest.slice(end + 1);
  }
  return { lines, rest };
}

/** Cuts the replies after each tool call and takes the piece that the tool outputs say is next. */
function stepOf(replies: readonly Reply[], request: ScriptedRequest, rest: string): readonly Reply[] {
  const step = request.toolOutputs.length;
  const calls = replies.flatMap((reply, index) => (isToolCall(reply) ? [index + 1] : []));
  const begin = step === 0 ? 0 : calls[step - 1];
  // More outputs than calls: Codex has been told everything, and the turn has to end.
  if (begin === undefined) return closing(request, rest);
  const here = replies.slice(begin, calls[step]);
  return here.some(isToolCall) || here.some(endsTurn) ? here : [...here, ...closing(request, rest)];
}

function isToolCall(reply: Reply): boolean {
  return reply.kind === "functionCall" || reply.kind === "customToolCall";
}

function endsTurn({ kind }: Reply): boolean {
  return ["text", "error", "failure", "hang", "disconnect"].includes(kind);
}

function closing({ toolOutputs }: ScriptedRequest, rest: string): readonly Reply[] {
  const output = toolOutputs.at(-1);
  if (rest !== "" || output === undefined) return [{ kind: "text", text: `Echo: ${rest}` }];
  return [{ kind: "text", text: `The tool answered:\n\n${fenced(output.text)}` }];
}

function fenced(text: string): string {
  const longestRun = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longestRun + 1);
  return `${fence}\n${text.replace(/\n$/, "")}\n${fence}`;
}

interface Problem {
  readonly problem: string;
}

function parseDirective(line: string, request: ScriptedRequest): Reply | Problem {
  const [, name = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  switch (name) {
    case "say":
      return { kind: "text", text: unquote(rest) };
    case "reason":
      return { kind: "reasoning", summary: unquote(rest) };
    case "run":
      return rest === "" ? { problem: "COMMAND is missing" } : execCommand(unquote(rest));
    case "run-escalated":
      return rest === ""
        ? { problem: "COMMAND is missing" }
        : execCommand(unquote(rest), { escalatedBecause: "May I run this outside the sandbox?" });
    case "write": {
      const [, path, text = ""] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
      return path === undefined ? { problem: "PATH is missing" } : applyPatch(addFile(path, unquote(text)), request);
    }
    case "patch":
      return rest === "" ? { problem: "TEXT is missing" } : applyPatch(unquote(rest), request);
    case "call": {
      const [, namespace, tool, json] = /^(?:(\w+)\.)?(\S+)\s+(.+)$/s.exec(rest) ?? [];
      if (tool === undefined || json === undefined) return { problem: "NAME and JSON are needed" };
      return { kind: "functionCall", name: tool, ...(namespace !== undefined && { namespace }), arguments: json };
    }
    case "code":
      return { kind: "customToolCall", name: "exec", input: unquote(rest) };
    case "wait": {
      const ms = durationMs(rest);
      return ms === undefined ? { problem: `"${rest}" is no duration like 250ms, 2s or 1m` } : { kind: "delay", ms };
    }
    case "stream": {
      const [, count, duration = ""] = /^(\d{1,6}) chunks every (\S+)$/.exec(rest) ?? [];
      const chunkDelayMs = durationMs(duration);
      if (count === undefined || chunkDelayMs === undefined) return { problem: "expected: N chunks every DURATION" };
      return { kind: "text", text: numberedWords(Number(count)), chunkSize: wordLength, chunkDelayMs };
    }
    case "usage": {
      const [, input, output] = /^(\d+) (\d+)$/.exec(rest) ?? [];
      return input === undefined || output === undefined
        ? { problem: "expected: two numbers" }
        : { kind: "usage", inputTokens: Number(input), outputTokens: Number(output) };
    }
    case "fail": {
      const [, status, code, message] = /^([45]\d\d)(?: (\S+))?(?: (.+))?$/s.exec(rest) ?? [];
      if (status === undefined) return { problem: "STATUS is a number from 400 to 599" };
      return {
        kind: "error",
        status: Number(status),
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message: unquote(message) }),
      };
    }
    case "fail-stream": {
      const [, code = "", message = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
      return code === ""
        ? { problem: "CODE is missing" }
        : { kind: "failure", code, message: unquote(message) || `The scripted model failed with ${code}.` };
    }
    case "hang":
      return { kind: "hang" };
    case "disconnect":
      return { kind: "disconnect" };
    default:
      return { problem: name === "" ? "it is empty" : "there is no such directive" };
  }
}

/** TEXT as it stands, or what a JSON string says where line breaks are needed. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    // Text that only begins with a quotation mark is meant literally.
    return text;
  }
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

function durationMs(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unitsMs[unit] ?? 1);
}

const wordLength = "chunk-000001 ".length;

function numberedWords(count: number): string {
  return Array.from({ length: count }, (_, index) => `chunk-${String(index + 1).padStart(6, "0")} `).join("");
}

function addFile(path: string, text: string): string {
  const lines = text.split("\n").map((line) => `+${line}\n`);
  return `*** Begin Patch\n*** Add File: ${path}\n${lines.join("")}*** End Patch\n`;
}

/** Codex offers apply_patch as a tool to the models it knows, in code mode inside exec; for others it takes the patch from a shell command. */
function applyPatch(patch: string, { tools }: ScriptedRequest): Reply {
  return tools.includes("apply_patch") || tools.includes("exec")
    ? { kind: "customToolCall", name: "apply_patch", input: patch }
    : execCommand(`apply_patch <<'END_OF_PATCH'\n${patch.replace(/\n?$/, "\n")}END_OF_PATCH`);
}

function explain(line: string, problem: string): string {
  const known = directiveHelp.map(([syntax, meaning]) => `- \`${prefix} ${syntax}\`: ${meaning}`);
  return [`The directive \`${line}\` cannot be followed: ${problem}. These are known:`, "", ...known].join("\n");
}
