import type { WhenBusy } from "@codex-workspace/api";
import { describe, expect, test } from "vitest";
import { nextStep, type Situation } from "./next-step.ts";
import type { StoredPrompt } from "./prompt-store.ts";

const idle: Situation = { turn: undefined, idle: true, paused: false, held: false };
const working: Situation = { turn: { id: "turn", ending: false }, idle: false, paused: false, held: false };

/** What is done for prompts that want these, in the order in which they came. */
function next(situation: Situation, ...wants: WhenBusy[]): unknown {
  const queued = wants.map(
    (whenBusy, index) => ({ id: `${whenBusy}-${index}`, request: { whenBusy } }) as StoredPrompt,
  );
  const step = nextStep(queued, situation);
  if (step === undefined) return undefined;
  return step.kind === "interrupt" ? "interrupt" : `${step.kind} ${step.prompt.id}`;
}

describe("while Codex is idle", () => {
  test("the oldest begins a turn", () => {
    expect(next(idle, "queue", "queue")).toBe("start queue-0");
    expect(next(idle)).toBeUndefined();
  });
  test("one that does not want to wait goes before those that do", () => {
    expect(next(idle, "queue", "interrupt")).toBe("start interrupt-1");
    expect(next(idle, "queue", "steer")).toBe("start steer-1");
  });
  test("held, none begins a turn, however urgent", () => {
    expect(next({ ...idle, held: true }, "queue", "interrupt", "reject")).toBeUndefined();
  });
  test("a paused queue holds back what was queued, and nothing else", () => {
    expect(next({ ...idle, paused: true }, "queue")).toBeUndefined();
    expect(next({ ...idle, paused: true }, "queue", "reject")).toBe("start reject-1");
  });
});

describe("while a turn runs", () => {
  test("what is queued waits", () => expect(next(working, "queue", "reject")).toBeUndefined());
  test("one steers", () => expect(next(working, "queue", "steer")).toBe("steer steer-1"));
  test("one interrupts", () => expect(next(working, "queue", "interrupt")).toBe("interrupt"));
  test("a turn that is ending is left alone", () => {
    expect(next({ ...working, turn: { id: "turn", ending: true } }, "steer", "interrupt")).toBeUndefined();
  });
});

test("while Codex is neither idle nor known to run a turn, everything waits", () => {
  expect(next({ ...idle, idle: false }, "queue", "steer", "interrupt", "reject")).toBeUndefined();
});
