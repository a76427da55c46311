import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Notification } from "../codex/protocol.ts";
import { TokenBudget, type TokenBudgetOptions } from "./token-budget.ts";
import type { TokenStore } from "./token-store.ts";

beforeEach(() => void vi.useFakeTimers({ now: new Date("2027-01-31T23:50:00Z") }));
afterEach(() => void vi.useRealTimers());

const kinds = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningOutputTokens: 0 };

function used(tokens: number): Notification {
  const both = { ...kinds, totalTokens: tokens };
  const params = { threadId: "thread", turnId: "turn", tokenUsage: { total: both, last: both } };
  return { method: "thread/tokenUsage/updated", params };
}

/** Each request counts whole. */
function budgetOf(options: Partial<TokenBudgetOptions>): TokenBudget {
  const days = new Map<string, number>();
  const store = {
    count: (day: string, { last }: { last: number }) => days.set(day, (days.get(day) ?? 0) + last),
    usedOn: (day: string) => days.get(day) ?? 0,
  } as unknown as TokenStore;
  return new TokenBudget({ store, perDay: () => 100, renewed: () => undefined, log: () => undefined, ...options });
}

test("up to the limit everything may begin; at it nothing, and who asks is told how much and until when", () => {
  const log = vi.fn();
  const budget = budgetOf({ log });
  budget.notified(used(99));
  expect(budget.mayBegin()).toBe(true);
  expect(() => budget.require()).not.toThrow();

  budget.notified(used(1));
  expect(budget.today).toEqual({ used: 100, resetsAt: "2027-02-01T00:00:00.000Z" });
  expect(budget.mayBegin()).toBe(false);
  expect(() => budget.require()).toThrow(
    expect.objectContaining({
      code: "TOKENS_USED_UP",
      message: "the workspace has used 100 tokens today (UTC), of 100",
      remedy: "Send it again after 2027-02-01T00:00:00.000Z, or raise modelLimits.tokensPerDay.",
      retryAfterSeconds: 600,
    }) as Error,
  );
  budget.notified(used(10));
  expect(log).toHaveBeenCalledOnce();
});

test("without a limit, and with a higher one, everything may begin", () => {
  let perDay: number | undefined;
  const budget = budgetOf({ perDay: () => perDay });
  budget.notified(used(1_000_000));
  expect([budget.isUsedUp, budget.mayBegin()]).toEqual([false, true]);
  perDay = 1_000_000;
  expect([budget.isUsedUp, budget.mayBegin()]).toEqual([true, false]);
  perDay = 1_000_001;
  expect([budget.isUsedUp, budget.mayBegin()]).toEqual([false, true]);
});

test("what waits is looked at again at midnight UTC, and within a minute where the clock was set", () => {
  const renewed = vi.fn(() => void budget.mayBegin());
  const budget = budgetOf({ renewed });
  budget.notified(used(100));
  for (let asked = 0; asked < 3; asked++) budget.mayBegin();
  vi.advanceTimersByTime(10 * 60_000 - 1);
  expect(budget.mayBegin()).toBe(false);
  const looks = renewed.mock.calls.length;
  vi.advanceTimersByTime(1);
  expect([renewed.mock.calls.length, budget.mayBegin()]).toEqual([looks + 1, true]);
  expect(looks).toBe(9);
  vi.advanceTimersByTime(3_600_000);
  expect(renewed.mock.calls.length).toBe(looks + 1);

  vi.setSystemTime("2027-01-31T12:00:00Z");
  expect(budget.mayBegin()).toBe(false);
  vi.setSystemTime("2027-02-02T12:00:00Z");
  vi.advanceTimersByTime(60_000);
  expect([renewed.mock.calls.length, budget.mayBegin()]).toEqual([looks + 2, true]);
});
