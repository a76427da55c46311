import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Approvals } from "./approvals.ts";
import { Store } from "./store.ts";

// No Codex sends a request that this release does not know, and none is made to: these are constructed.
const unknown = { id: 7, method: "item/dance/request", params: { threadId: "thread", turnId: "turn", tempo: 120 } };
const command = {
  id: 8,
  method: "item/commandExecution/requestApproval",
  params: { threadId: "thread", turnId: "turn", command: "true" },
};
const timeoutMs = 1_000;

let directory: string;
let store: Store;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  directory = mkdtempSync(join(tmpdir(), "approvals-"));
  store = new Store(join(directory, "store.sqlite"), { log: () => undefined });
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
  vi.useRealTimers();
});

function open({ hasTerminal }: { readonly hasTerminal: boolean }) {
  const answer = vi.fn();
  const interrupt = vi.fn(() => Promise.resolve());
  const log = vi.fn();
  const hooks = { hasTerminal: () => hasTerminal, interrupt, itemOf: () => undefined, log };
  const approvals = new Approvals({ session: "main", store, timeoutMs: () => timeoutMs, ...hooks });
  const only = () => store.approvals.page("main", { states: [], after: 0, limit: 10 })[0]!.approval;
  return { approvals, connection: { answer }, answer, interrupt, log, only };
}

test("a request of an unknown kind is shown raw and never answered; with no terminal its turn ends in time", async () => {
  const { approvals, connection, answer, interrupt, only } = open({ hasTerminal: false });
  approvals.requested(unknown, connection);
  expect(only()).toMatchObject({
    kind: "unknown",
    state: "pending",
    decisions: [],
    request: { params: unknown.params },
  });
  await expect(approvals.decide(only().id, { decision: "decline" }, "token:a")).rejects.toThrow(
    "in the terminal alone",
  );

  await vi.advanceTimersByTimeAsync(timeoutMs - 1);
  expect(interrupt).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(interrupt.mock.calls).toEqual([["turn", "thread", "system"]]);
  expect(answer).not.toHaveBeenCalled();
  approvals.turnEnded("turn");
  expect(only()).toMatchObject({ state: "expired", resolvedBy: "system" });
});

test("where a terminal shows it, a request of an unknown kind waits for the person there", async () => {
  const { approvals, connection, answer, interrupt, only } = open({ hasTerminal: true });
  approvals.requested(unknown, connection);
  await vi.advanceTimersByTimeAsync(10 * timeoutMs);
  expect([interrupt.mock.calls, answer.mock.calls]).toEqual([[], []]);
  approvals.closed(unknown.id, { turnEnds: false });
  expect(only()).toMatchObject({ state: "resolved", resolvedBy: "terminal" });
});

test.each([
  [false, "unknown", 1],
  [true, "terminal", 0],
])("a decision that was not ours is flagged where no terminal is open: %s", (hasTerminal, resolvedBy, warnings) => {
  const { approvals, connection, log, only } = open({ hasTerminal });
  approvals.requested(command, connection);
  approvals.closed(command.id, { turnEnds: false });
  expect(only()).toMatchObject({ state: "resolved", resolvedBy });
  expect(store.audit.read(0, 10).at(-1)).toMatchObject({ action: "approval/resolved", actor: resolvedBy });
  expect(store.events.last("main", ["approval/resolved"])?.data).toContain(`"resolvedBy":"${resolvedBy}"`);
  expect(log).toHaveBeenCalledTimes(warnings);
});
