import { expect, test } from "vitest";
import type { Caller } from "./caller.ts";
import { ticketLifeMs, Tickets } from "./tickets.ts";

const caller: Caller = { name: "page", scopes: ["read"], token: undefined };

test("a ticket stands for whom it was issued to, once", () => {
  const tickets = new Tickets();
  const [one, two] = [tickets.issue(caller), tickets.issue({ ...caller, name: "other" })];
  expect(one).not.toBe(two);
  expect(tickets.redeem(one)).toBe(caller);
  expect(tickets.redeem(one)).toBeUndefined();
  expect(tickets.redeem(two)).toMatchObject({ name: "other" });
  expect(tickets.redeem("")).toBeUndefined();
});

test("a ticket is worth nothing after 30 s", () => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const [early, late] = [tickets.issue(caller), tickets.issue(caller)];
  now = ticketLifeMs - 1;
  expect(tickets.redeem(early)).toBe(caller);
  now = ticketLifeMs;
  expect(tickets.redeem(late)).toBeUndefined();
});
