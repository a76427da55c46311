import { describe, expect, test } from "vitest";
import { messageRequestSchema } from "@codex-workspace/api";
import * as z from "zod";
import { maxJsonDepth, parseJsonBody } from "./json-body.ts";
import { HttpProblem } from "./problem.ts";

const json = "application/json";
const parse = (text: string, contentType = json): unknown => parseJsonBody(messageRequestSchema, text, contentType);

function problemOf(run: () => unknown): HttpProblem {
  try {
    run();
  } catch (error) {
    if (error instanceof HttpProblem) return error;
    throw error;
  }
  throw new Error("expected a problem");
}

const faults = (body: unknown): unknown => problemOf(() => parse(JSON.stringify(body))).errors;

describe("the words of AgentAPI", () => {
  test("no body", () => {
    const problem = problemOf(() => parse(""));
    expect(problem).toMatchObject({ status: 400, message: "request body is required", errors: undefined });
  });

  test("no JSON", () => {
    const problem = problemOf(() => parse("{"));
    expect(problem).toMatchObject({ status: 400, message: "validation failed" });
    expect(problem.errors).toEqual([{ location: "body", message: expect.any(String) as string, value: "{" }]);
  });

  test.each(["text/plain", "text/plain; charset=utf-8", "multipart/form-data; boundary=x", "a;b+c"])("%s", (type) => {
    const problem = problemOf(() => parse("{}", type));
    expect(problem).toMatchObject({ status: 415, message: "validation failed" });
    expect(problem.errors).toEqual([{ location: "body", message: `unknown content type: ${type}`, value: "{}" }]);
  });

  test.each([[[]], ["text"], [null], [7]])("%j is no object", (body) => {
    expect(faults(body)).toEqual([{ location: "body", message: "expected object", value: body }]);
  });

  test.each(["content", "type"])("%s is missing", (name) => {
    const { [name]: _, ...body } = { content: "a", type: "user" } as Record<string, string>;
    const message = `expected required property ${name} to be present`;
    expect(faults(body)).toEqual([{ location: "body", message, value: body }]);
  });

  test.each([42, null, ["a"], {}])("content is %j", (content) => {
    expect(faults({ content, type: "user" })).toEqual([
      { location: "body.content", message: "expected string", value: content },
    ]);
  });

  test("type is another word", () => {
    const message = 'expected value to be one of "user, raw"';
    expect(faults({ content: "", type: "x" })).toEqual([{ location: "body.type", message, value: "x" }]);
    expect(faults({ content: "", type: 1 })).toEqual([{ location: "body.type", message: "expected string", value: 1 }]);
  });

  test("a property too many", () => {
    const body = { content: "a", type: "user", x: 1 };
    expect(faults(body)).toEqual([{ location: "body.x", message: "unexpected property", value: body }]);
  });

  test("every fault at once", () => {
    expect(faults({ content: 1, x: 1, y: 2 })).toHaveLength(4);
  });
});

test.each([json, "APPLICATION/JSON", "application/json; charset=latin1", "application/problem+json", "", undefined])(
  "Content-Type %j is JSON",
  (type) => {
    const body = '{"content": "a", "type": "raw"}';
    expect(parseJsonBody(messageRequestSchema, body, type)).toEqual({ content: "a", type: "raw" });
  },
);

test("$schema is accepted", () => {
  expect(parse('{"$schema": "https://x/schemas/M.json", "content": "a", "type": "raw"}')).toMatchObject({
    type: "raw",
  });
});

test("escapes are characters; half a surrogate pair is U+FFFD", () => {
  const content = String.raw`\u0000 \u001b[201~ \uD83D\uDE00 \ud800x \n`;
  expect(parse(`{"content": "${content}", "type": "user"}`)).toMatchObject({
    content: "\0 \u001b[201~ \u{1F600} \uFFFDx \n",
  });
});

test("a fault deeper in a body has its whole path", () => {
  const schema = z.strictObject({ items: z.array(z.strictObject({ text: z.string() })) });
  const problem = problemOf(() => parseJsonBody(schema, '{"items": [{"text": "a"}, {}]}', json));
  expect(problem.errors).toEqual([
    { location: "body.items[1]", message: "expected required property text to be present", value: {} },
  ]);
});

describe("a body that is nested", () => {
  const anything = z.unknown();
  const nested = (depth: number, [open, close]: readonly [string, string]): string =>
    open.repeat(depth) + "1" + close.repeat(depth);

  test.each([
    ["arrays", ["[", "]"]],
    ["objects", ['{"a":', "}"]],
  ] as const)("in %s is parsed to a depth, and refused beyond it", (_, pair) => {
    expect(parseJsonBody(anything, nested(maxJsonDepth, pair), json)).toBeDefined();
    for (const depth of [maxJsonDepth + 1, 20_000, 400_000]) {
      const problem = problemOf(() => parseJsonBody(anything, nested(depth, pair), json));
      expect(problem).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
      expect(JSON.stringify(problem.errors).length).toBeLessThan(500);
    }
  });

  test("brackets in its strings are characters", () => {
    const text = String.raw`${"[".repeat(1_000)}\\"{`;
    expect(parseJsonBody(anything, JSON.stringify([text]), json)).toEqual([text]);
  });

  test("a string that does not end hides nothing", () => {
    expect(problemOf(() => parseJsonBody(anything, `"${"[".repeat(1_000)}`, json)).status).toBe(400);
  });
});

test("half a surrogate pair in a key is replaced, as in a value", () => {
  const body = parseJsonBody(
    z.unknown(),
    String.raw`{"a\ud800": {"\udc00": "\ud800"}, "__proto__": {"\ud83d\ude00": 1}}`,
    json,
  );
  expect(JSON.stringify(body)).toBe('{"a\ufffd":{"\ufffd":"\ufffd"},"__proto__":{"😀":1}}');
});

test("a body of many faults has an answer of bounded size", () => {
  const body = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index]));
  const errors = faults({ content: "a", type: "user", ...body }) as unknown[];
  expect(errors).toHaveLength(100);
  expect(JSON.stringify(errors).length).toBeLessThan(100_000);
});
