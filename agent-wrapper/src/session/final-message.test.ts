import { expect, test } from "vitest";
import { finalMessage } from "./final-message.ts";

const said = (text: string, phase?: string | null) => ({ id: text, type: "agentMessage", text, phase });
const command = { id: "c", type: "commandExecution" };

test("it is the last message, whatever was done after it", () => {
  expect(finalMessage([said("First."), command, said("Last.", null), command])).toBe("Last.");
});

test("what Codex calls the final answer goes before what was said later", () => {
  expect(finalMessage([said("Looking."), said("42.", "final_answer"), said("By the way.", "commentary")])).toBe("42.");
});

test("a turn without a word has none", () => {
  expect(finalMessage([command])).toBeUndefined();
});
