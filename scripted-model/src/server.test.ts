import { describe, expect, it } from "vitest";
import { demoScript } from "./script.ts";
import { startScriptedModel, type ScriptedModelOptions } from "./server.ts";

function ask(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...init,
  });
}
function prompt(text: string) {
  return { model: "gpt-5.5", input: [{ type: "message", role: "user", content: [{ type: "input_text", text }] }] };
}
async function answerTo(text: string, options: ScriptedModelOptions = {}): Promise<string> {
  await using model = await startScriptedModel(options);
  const response = await ask(model.url, prompt(text));
  const { output } = (await response.json()) as { output: { content: { text: string }[] }[] };
  return output[0]!.content[0]!.text;
}

describe("POST /v1/responses", () => {
  it("streams server-sent events whose names are their types", async () => {
    await using model = await startScriptedModel();
    const response = await ask(model.url, { ...prompt("hello"), stream: true });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const blocks = (await response.text()).trim().split("\n\n");
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      expect(JSON.parse(data!)).toMatchObject({ type: name });
    }
    expect(blocks.join()).toContain('"delta":"Echo: hello"');
    expect(blocks.at(-1)).toContain("event: response.completed");
  });

  it("sends each delta when its time has come", async () => {
    await using model = await startScriptedModel();
    const stopping = new AbortController();
    const endless = { ...prompt("#model: say first\n#model: wait 1m\n#model: say never"), stream: true };
    const response = await ask(model.url, endless, { signal: stopping.signal });
    let seen = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      seen += chunk;
      if (seen.includes('"delta":"first"')) break;
    }
    expect(seen).not.toContain("never");
  });

  it("answers in one piece when no stream is asked for", async () => {
    await using model = await startScriptedModel();
    const response = await ask(model.url, prompt("#model: reason why\n#model: say so"));
    expect(await response.json()).toMatchObject({
      object: "response",
      status: "completed",
      output: [
        { type: "reasoning", summary: [{ text: "why" }] },
        { type: "message", content: [{ type: "output_text", text: "so" }] },
      ],
    });
  });

  it("answers an error with its status and OpenAI's body, a failure with a failed response", async () => {
    await using model = await startScriptedModel();
    const refused = await ask(model.url, prompt("#model: fail 503"));
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { type: "server_error" } }]);
    const failed = await ask(model.url, prompt("#model: fail-stream server_error broken"));
    expect([failed.status, await failed.json()]).toMatchObject([
      200,
      { status: "failed", error: { message: "broken" } },
    ]);
  });

  it("cuts the connection, before the answer or in its middle", async () => {
    await using model = await startScriptedModel();
    await expect(ask(model.url, prompt("#model: disconnect"))).rejects.toThrow();
    const response = await ask(model.url, { ...prompt("#model: say half\n#model: disconnect"), stream: true });
    await expect(response.text()).rejects.toThrow();
  });

  it("stops while answers hang", async () => {
    const model = await startScriptedModel();
    const hanging = ask(model.url, prompt("#model: hang"));
    const outcome = expect(hanging).rejects.toThrow();
    await model.waitForRequest(1);
    await model[Symbol.asyncDispose]();
    await outcome;
  });

  it.each([
    ["no JSON", "{"],
    ["no input", '{"model":"gpt-5.5"}'],
    ["no model", '{"input":"x"}'],
  ])("refuses a body with %s", async (_, body) => {
    await using model = await startScriptedModel();
    const response = await ask(model.url, undefined, { body });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { type: "invalid_request_error" } }]);
  });
});

describe("the script", () => {
  it("is a function that sees the request", async () => {
    const script = ({ prompt, model }: { prompt: string; model: string }) =>
      ({ kind: "text", text: `${model} got ${prompt}` }) as const;
    expect(await answerTo("hi", { script })).toBe("gpt-5.5 got hi");
  });

  it("is a list, and a request beyond its end is refused", async () => {
    await using model = await startScriptedModel({ script: [{ kind: "text", text: "one" }] });
    expect((await ask(model.url, prompt("x"))).status).toBe(200);
    const beyond = await ask(model.url, prompt("x"));
    expect([beyond.status, await beyond.json()]).toMatchObject([400, { error: { code: "script_exhausted" } }]);
  });

  it("fails the request when it throws", async () => {
    const script = () => {
      throw new Error("the script is wrong");
    };
    await using model = await startScriptedModel({ script });
    const response = await ask(model.url, prompt("x"));
    expect([response.status, await response.json()]).toMatchObject([
      500,
      { error: { message: "the script is wrong" } },
    ]);
  });

  it("is not asked for titles and summaries, and directives do not run there", async () => {
    await using model = await startScriptedModel({ script: [{ kind: "text", text: "the turn" }] });
    const housekeeping = (metadata: Record<string, string>, text: string) => ({
      ...prompt(text),
      client_metadata: { "x-codex-turn-metadata": JSON.stringify(metadata) },
    });
    const title = housekeeping(
      { thread_source: "thread_title" },
      "Generate a title.\n\nUser prompt:\n#model: hang\nFix it",
    );
    expect(await (await ask(model.url, title)).text()).toContain(String.raw`{\"title\":\"Fix it\"}`);
    const summary = housekeeping({ request_kind: "compaction" }, "Summarize.");
    expect(await (await ask(model.url, summary)).text()).toContain("Summary:");
    expect(await (await ask(model.url, prompt("x"))).text()).toContain("the turn");
  });

  it("echoes exactly by default", async () => {
    const text = "  **b**\n```\n\tx\n```\n日本\n";
    expect(await answerTo(text)).toBe(`Echo: ${text}`);
  });

  it("says honestly in the demo what it is, quotes the prompt, and follows directives too", async () => {
    const introduction = await answerTo("first\nsecond", { script: demoScript });
    expect(introduction).toContain("no language model behind my answers");
    expect(introduction).toContain("> first\n> second");
    expect(introduction).toMatch(/codex-workspace up.*OPENAI_API_KEY[\s\S]*Pulumi.*modelProvider.*demoModel/);
    expect(await answerTo("#model: say obeyed", { script: demoScript })).toBe("obeyed");
  });
});

describe("the rest of the API", () => {
  it("lists models as OpenAI does", async () => {
    await using model = await startScriptedModel({ models: ["a", "b"] });
    const list: unknown = await (await fetch(`${model.url}/models`)).json();
    expect(list).toMatchObject({ object: "list", data: [{ id: "a", object: "model" }, { id: "b" }] });
  });

  it("has nothing else", async () => {
    await using model = await startScriptedModel();
    const response = await fetch(`${model.url}/embeddings`, { method: "POST" });
    expect([response.status, await response.json()]).toMatchObject([404, { error: { type: "invalid_request_error" } }]);
  });

  it("tells a client that tries a WebSocket to use HTTP", async () => {
    await using model = await startScriptedModel();
    expect((await fetch(`${model.url}/responses`)).status).toBe(426);
  });

  it("lets in only the bearer of its key, when it has one", async () => {
    await using model = await startScriptedModel({ apiKey: "right" });
    const listing = async (headers: Record<string, string>) => (await fetch(`${model.url}/models`, { headers })).status;
    expect(await listing({ authorization: "Bearer right" })).toBe(200);
    expect(await listing({ authorization: "Bearer wrong" })).toBe(401);
    expect(await listing({})).toBe(401);
  });
});

describe("the record", () => {
  it("has method, path, headers and body of every request, also of refused ones", async () => {
    await using model = await startScriptedModel({ apiKey: "right" });
    await fetch(`${model.url}/models`);
    await ask(model.url, prompt("x"), {
      headers: { "content-type": "application/json", authorization: "Bearer wrong" },
    });
    expect(model.requests).toMatchObject([
      { method: "GET", path: "/v1/models", body: undefined, purpose: undefined },
      {
        method: "POST",
        path: "/v1/responses",
        body: prompt("x"),
        purpose: "turn",
        headers: { authorization: "Bearer wrong" },
      },
    ]);
  });

  it("hands over a request when it comes, and says so when it does not", async () => {
    await using model = await startScriptedModel();
    const second = model.waitForRequest(2);
    await ask(model.url, prompt("one"));
    await fetch(`${model.url}/models`);
    await ask(model.url, prompt("two"));
    expect(await second).toMatchObject({ body: prompt("two") });
    expect(await model.waitForRequest(1, { counting: ({ method }) => method === "GET" })).toMatchObject({
      path: "/v1/models",
    });
    await expect(model.waitForRequest(3, { timeoutMs: 20 })).rejects.toThrow("request 3 did not come within 20 ms");
  });
});

it("refuses to start on a port that is taken", async () => {
  await using model = await startScriptedModel();
  await expect(startScriptedModel({ port: model.port })).rejects.toThrow("EADDRINUSE");
});
