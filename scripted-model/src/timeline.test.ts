import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reply } from "./reply.ts";
import { toTimeline, type Moment, type ResponseEvent } from "./timeline.ts";

const identity = { id: "resp_1", model: "gpt-5.5", createdAt: 1 };

function moments(...replies: Reply[]): Moment[] {
  return [...toTimeline(replies, identity)];
}
function events(...replies: Reply[]): ResponseEvent[] {
  return moments(...replies).flatMap((moment) => (moment.do === "send" ? [moment.event] : []));
}
function types(...replies: Reply[]): string[] {
  return moments(...replies).map((moment) => (moment.do === "send" ? moment.event.type : moment.do));
}

describe("toTimeline", () => {
  it("numbers the events and ends with everything in one response", () => {
    const sent = events({ kind: "reasoning", summary: "why" }, { kind: "text", text: "so" });
    expect(sent.map(({ sequence_number }) => sequence_number)).toEqual(sent.map((_, index) => index));
    expect(sent.at(-1)).toMatchObject({
      type: "response.completed",
      response: {
        status: "completed",
        output: [{ type: "reasoning" }, { type: "message" }],
        usage: { total_tokens: 120 },
      },
    });
  });

  it("tells a text as deltas", () => {
    expect(types({ kind: "text", text: "abc", chunkSize: 2, chunkDelayMs: 5 })).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "wait",
      "response.output_text.delta",
      "wait",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
  });

  it("never loses or splits a character, however the text is cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(5), (text, chunkSize) => {
        const deltas = events({ kind: "text", text, chunkSize }).filter(({ type }) => type.endsWith("text.delta"));
        const texts = deltas.map((event) => String(event["delta"]));
        expect(texts.join("")).toBe(text);
        expect(texts.every((delta) => delta.isWellFormed())).toBe(text.isWellFormed());
      }),
    );
  });

  it("calls a function with JSON, or with exactly the text that is given", () => {
    const done = (args: Record<string, unknown> | string) =>
      events({ kind: "functionCall", name: "exec_command", arguments: args }).find(
        ({ type }) => type === "response.output_item.done",
      );
    expect(done({ cmd: "ls" })).toMatchObject({ item: { name: "exec_command", arguments: '{"cmd":"ls"}' } });
    expect(done("{broken")).toMatchObject({ item: { arguments: "{broken" } });
  });

  it("gives each call of a response an id of its own", () => {
    const patch: Reply = { kind: "customToolCall", name: "apply_patch", input: "*** Begin Patch" };
    const ids = events(patch, patch)
      .filter(({ type }) => type === "response.output_item.done")
      .map(({ item }) => (item as { call_id: string }).call_id);
    expect(new Set(ids).size).toBe(2);
  });

  it("refuses with a status while nothing is sent, and fails the stream afterwards", () => {
    const error: Reply = { kind: "error", status: 429 };
    expect(moments({ kind: "delay", ms: 3 }, error)).toEqual([
      { do: "wait", ms: 3 },
      {
        do: "refuse",
        status: 429,
        body: { error: expect.objectContaining({ code: "rate_limit_exceeded" }) as object },
      },
    ]);
    expect(events({ kind: "reasoning", summary: "x" }, error).at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "rate_limit_exceeded" }, usage: null },
    });
  });

  it("begins a stream before it fails it", () => {
    expect(types({ kind: "failure", code: "server_error", message: "x" })).toEqual([
      "response.created",
      "response.in_progress",
      "response.failed",
    ]);
  });

  it.each(["hang", "disconnect"] as const)("leaves the text before a %s unfinished", (kind) => {
    expect(types({ kind: "text", text: "half" }, { kind }).slice(-2)).toEqual(["response.output_text.delta", kind]);
    expect(types({ kind: "text", text: "whole" }, { kind: "delay", ms: 1 }, { kind })).toContain(
      "response.output_item.done",
    );
  });

  it("reports the usage it is told", () => {
    const usage: Reply = { kind: "usage", inputTokens: 9, outputTokens: 4, cachedTokens: 3, reasoningTokens: 2 };
    expect(events(usage).at(-1)).toMatchObject({
      response: {
        usage: {
          input_tokens: 9,
          input_tokens_details: { cached_tokens: 3 },
          output_tokens: 4,
          output_tokens_details: { reasoning_tokens: 2 },
          total_tokens: 13,
        },
      },
    });
  });
});
