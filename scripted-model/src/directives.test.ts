import { describe, expect, it } from "vitest";
import { directiveHelp, followDirectives } from "./directives.ts";
import type { ScriptedRequest } from "./scripted-request.ts";

function asking(prompt: string, { outputs = [] as string[], tools = ["exec_command", "apply_patch"] } = {}) {
  const toolOutputs = outputs.map((text, index) => ({ callId: `c${index}`, text }));
  const body = { model: "gpt-5.5", input: [] };
  const request: ScriptedRequest = {
    purpose: "turn",
    model: "gpt-5.5",
    prompt,
    prompts: [prompt],
    toolOutputs,
    tools,
    body,
  };
  return followDirectives(request);
}

describe("followDirectives", () => {
  it.each([
    ["say hello there", { kind: "text", text: "hello there" }],
    ['say "two\\nlines"', { kind: "text", text: "two\nlines" }],
    ['say "quoted" and more', { kind: "text", text: '"quoted" and more' }],
    ["reason a thought", { kind: "reasoning", summary: "a thought" }],
    ["run ls -l | wc", { kind: "functionCall", name: "exec_command", arguments: { cmd: "ls -l | wc" } }],
    [
      "call collaboration.list_agents {}",
      { kind: "functionCall", namespace: "collaboration", name: "list_agents", arguments: "{}" },
    ],
    ['call view_image {"path":"a.png"}', { kind: "functionCall", name: "view_image", arguments: '{"path":"a.png"}' }],
    ["code text(1)", { kind: "customToolCall", name: "exec", input: "text(1)" }],
    ["wait 1.5s", { kind: "delay", ms: 1500 }],
    ["wait 20ms", { kind: "delay", ms: 20 }],
    ["usage 7 3", { kind: "usage", inputTokens: 7, outputTokens: 3 }],
    ["fail 429", { kind: "error", status: 429 }],
    ["fail 400 bad_thing", { kind: "error", status: 400, code: "bad_thing" }],
    ["fail 400 bad_thing Not so.", { kind: "error", status: 400, code: "bad_thing", message: "Not so." }],
    ["fail-stream server_error Oh no", { kind: "failure", code: "server_error", message: "Oh no" }],
    ["hang", { kind: "hang" }],
    ["disconnect", { kind: "disconnect" }],
  ])("understands %s", (directive, reply) => {
    expect(asking(`#model: ${directive}`)?.[0]).toEqual(reply);
  });

  it("asks for approval with run-escalated", () => {
    expect(asking("#model: run-escalated date")).toEqual([
      {
        kind: "functionCall",
        name: "exec_command",
        arguments: {
          cmd: "date",
          sandbox_permissions: "require_escalated",
          justification: expect.any(String) as string,
        },
      },
    ]);
  });

  it("streams numbered words, one for each delta", () => {
    expect(asking("#model: stream 2 chunks every 5ms")).toEqual([
      { kind: "text", text: "chunk-000001 chunk-000002 ", chunkSize: 13, chunkDelayMs: 5 },
    ]);
  });

  it("creates a file with the tool for patches, or with the shell for a model that has none", () => {
    const patch = "*** Begin Patch\n*** Add File: a.txt\n+one\n+two\n*** End Patch\n";
    const directive = '#model: write a.txt "one\\ntwo"';
    expect(asking(directive)).toEqual([{ kind: "customToolCall", name: "apply_patch", input: patch }]);
    expect(asking(directive, { tools: ["exec_command"] })).toEqual([
      {
        kind: "functionCall",
        name: "exec_command",
        arguments: { cmd: `apply_patch <<'END_OF_PATCH'\n${patch}END_OF_PATCH` },
      },
    ]);
  });

  it("goes on after each tool call with what the outputs say is next", () => {
    const prompt = "#model: reason first\n#model: run a\n#model: wait 1ms\n#model: run b\n#model: say done";
    const kinds = (outputs: string[]) => asking(prompt, { outputs })?.map(({ kind }) => kind);
    expect(kinds([])).toEqual(["reasoning", "functionCall"]);
    expect(kinds(["A"])).toEqual(["delay", "functionCall"]);
    expect(kinds(["A", "B"])).toEqual(["text"]);
  });

  it("answers with the tool's output when nothing else is said", () => {
    expect(asking("#model: run a", { outputs: ["has ``` in it\n"] })).toEqual([
      { kind: "text", text: "The tool answered:\n\n````\nhas ``` in it\n````" },
    ]);
  });

  it("ends the turn when there are more outputs than calls", () => {
    expect(asking("#model: run a", { outputs: ["1", "2"] })).toMatchObject([{ kind: "text" }]);
  });

  it("echoes the rest of the prompt when no directive answers", () => {
    expect(asking("#model: wait 1ms\nThe rest\n\tof it")).toEqual([
      { kind: "delay", ms: 1 },
      { kind: "text", text: "Echo: The rest\n\tof it" },
    ]);
  });

  it("sees directives only at the start of the prompt", () => {
    expect(asking("Please read:\n#model: hang")).toBeUndefined();
    expect(asking(" #model: hang")).toBeUndefined();
    expect(asking("")).toBeUndefined();
  });

  it.each([
    "bogus",
    "",
    "run",
    "wait long",
    "stream many",
    "fail 200",
    "usage 1",
    "call x",
    "patch",
    "write",
    "fail-stream",
  ])("says what is wrong with %j and what is known", (directive) => {
    const [reply] = asking(`#model: ${directive}`) ?? [];
    expect(reply).toMatchObject({ kind: "text" });
    const text = reply?.kind === "text" ? reply.text : "";
    expect(text).toContain(`The directive \`${directive}\` cannot be followed`);
    for (const [syntax] of directiveHelp) expect(text).toContain(`#model: ${syntax}`);
  });

  it("documents no directive that does not exist", () => {
    const example = {
      N: "3",
      DURATION: "1ms",
      TEXT: "a",
      COMMAND: "a",
      PATH: "a",
      NAME: "a",
      JSON: "{}",
      JAVASCRIPT: "1",
      INPUT: "1",
      OUTPUT: "1",
      STATUS: "500",
      CODE: "a",
    };
    for (const [syntax] of directiveHelp) {
      const line = syntax.replace(/[[\]]/g, "").replace(/\b[A-Z]+\b/g, (word) => example[word as keyof typeof example]);
      const [reply] = asking(`#model: ${line}`) ?? [];
      expect(reply?.kind === "text" ? reply.text : "").not.toContain("cannot be followed");
    }
  });
});
