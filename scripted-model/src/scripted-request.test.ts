import { describe, expect, it } from "vitest";
import { responsesBody, toScriptedRequest } from "./scripted-request.ts";

function read(body: Record<string, unknown>) {
  return toScriptedRequest(responsesBody.parse({ model: "gpt-5.5", input: [], ...body }));
}
function user(...texts: string[]) {
  return { type: "message", role: "user", content: texts.map((text) => ({ type: "input_text", text })) };
}
const environment = "<environment_context>\n  <cwd>/project</cwd>\n</environment_context>";
const call = { type: "function_call", call_id: "c1", name: "exec_command", arguments: "{}" };
const output = { type: "function_call_output", call_id: "c1", output: "ok" };

describe("the prompt", () => {
  it("is the last user message, character for character", () => {
    const prompt = "  # Title\n\n```ts\n\tcode\n```\r\n日本 👩‍👩‍👧 ";
    expect(read({ input: [user("first"), user(prompt)] })).toMatchObject({ prompt, prompts: ["first", prompt] });
  });

  it("is not the context that Codex adds as user messages, wherever it stands", () => {
    const input = [
      user("# AGENTS.md instructions for /project\n\n<INSTRUCTIONS>\nBe nice.\n</INSTRUCTIONS>", environment),
      user("the question"),
      user("<turn_aborted>\nThe user interrupted.\n</turn_aborted>"),
      user(environment),
    ];
    expect(read({ input }).prompts).toEqual(["the question"]);
  });

  it("is also what a plain client sends as a string", () => {
    expect(read({ input: "hello" }).prompt).toBe("hello");
  });

  it("is empty when nobody asked anything", () => {
    expect(read({ input: [user(environment)] })).toMatchObject({ prompt: "", prompts: [] });
  });
});

describe("the tool outputs", () => {
  it("are those that came after the last prompt", () => {
    const input = [
      user("one"),
      call,
      output,
      user("two"),
      call,
      { ...output, output: [{ type: "input_text", text: "later" }] },
    ];
    expect(read({ input }).toolOutputs).toEqual([{ callId: "c1", text: "later" }]);
  });

  it("are none at the beginning of a turn", () => {
    expect(read({ input: [user("one"), call, output, user("two")] }).toolOutputs).toEqual([]);
  });
});

describe("the tools", () => {
  it("are found at the top, in namespaces, and in the input", () => {
    const tools = [
      { type: "function", name: "exec_command" },
      { type: "namespace", name: "multi", tools: [{ name: "wait" }] },
    ];
    const input = [
      { type: "additional_tools", role: "developer", tools: [{ name: "functions", tools: [{ name: "exec" }] }] },
    ];
    expect(read({ tools, input }).tools).toEqual(["exec_command", "wait", "exec"]);
  });
});

describe("what agents write to one another", () => {
  const message = (kind: string) => [
    { role: "user", content: "the user's" },
    {
      type: "agent_message",
      content: [
        { type: "input_text", text: `Message Type: ${kind}\nPayload:\n` },
        { type: "encrypted_content", encrypted_content: "the other agent's" },
      ],
    },
  ];

  it("is a prompt where it is a task, and else is none", () => {
    expect(read({ input: message("NEW_TASK") }).prompt).toBe("the other agent's");
    expect(read({ input: message("FINAL_ANSWER") }).prompt).toBe("the user's");
  });
});

describe("the purpose", () => {
  const withMetadata = (metadata: Record<string, unknown>) =>
    read({ client_metadata: { "x-codex-turn-metadata": JSON.stringify(metadata) } }).purpose;
  const answering = (...keys: string[]) =>
    read({
      text: {
        format: { type: "json_schema", schema: { properties: Object.fromEntries(keys.map((key) => [key, {}])) } },
      },
    }).purpose;

  it("is what the turn metadata say", () => {
    expect(withMetadata({ request_kind: "turn", thread_source: "user" })).toBe("turn");
    expect(withMetadata({ request_kind: "turn", thread_source: "thread_title" })).toBe("title");
    expect(withMetadata({ request_kind: "compaction", thread_source: "user" })).toBe("compaction");
  });

  it("is a title when the answer is to be an object with a title alone", () => {
    expect(answering("title")).toBe("title");
    expect(answering("title", "body")).toBe("turn");
  });

  it("is a turn when nothing is said", () => {
    expect(read({}).purpose).toBe("turn");
    expect(read({ client_metadata: { "x-codex-turn-metadata": "not JSON" } }).purpose).toBe("turn");
  });
});
