import { createHash } from "node:crypto";
import { auditBeginning, type AuditEntry, auditRowOf } from "@codex-workspace/api";
import { expect, test } from "vitest";
import { firstBrokenEntry } from "./audit-chain.ts";

/** Four entries, as a wrapper writes them. */
function trail(): AuditEntry[] {
  let previousHash = auditBeginning;
  return ["token:a", "terminal", "system", "token:ü"].map((actor, index) => {
    const time = `2026-01-02T03:04:0${index}.000Z`;
    const session = index === 0 ? {} : { session: "main" };
    const unsealed = {
      seq: index + 1,
      time,
      actor,
      action: "turn/interrupted",
      ...session,
      details: { n: 1 },
      previousHash,
    };
    const hash = createHash("sha256").update(auditRowOf(unsealed)).digest("hex");
    previousHash = hash;
    return { ...unsealed, hash };
  });
}

test("a trail that nobody touched is whole, and so is an empty one", async () => {
  expect(await firstBrokenEntry(trail())).toBeUndefined();
  expect(await firstBrokenEntry([])).toBeUndefined();
});

const changed = (seq: number, change: Partial<AuditEntry>) => (entries: AuditEntry[]) =>
  entries.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry));

test.each([
  ["another actor", changed(2, { actor: "token:b" }), 2],
  ["another time", changed(1, { time: "2026-01-02T03:04:09.000Z" }), 1],
  ["other details", changed(3, { details: {} }), 3],
  ["another session", changed(4, { session: "other" }), 4],
  ["another hash", changed(3, { hash: "x" }), 3],
  ["an entry that is gone", (entries: AuditEntry[]) => entries.filter(({ seq }) => seq !== 2), 2],
  ["a beginning that is gone", (entries: AuditEntry[]) => entries.slice(1), 1],
  ["two that changed places", ([a, b, ...rest]: AuditEntry[]) => [b!, a!, ...rest], 1],
])("%s is found", async (_, tamper, seq) => {
  expect(await firstBrokenEntry(tamper(trail()))).toBe(seq);
});

test("who changes an entry and its hash breaks the chain at the next one", async () => {
  const entries = trail().map((entry) => {
    if (entry.seq !== 2) return entry;
    const forged = { ...entry, actor: "token:b" };
    return { ...forged, hash: createHash("sha256").update(auditRowOf(forged)).digest("hex") };
  });
  expect(await firstBrokenEntry(entries)).toBe(3);
});
