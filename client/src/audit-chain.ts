import { auditBeginning, auditRowOf, type AuditEntry } from "@codex-workspace/api";

/**
 * The number of the first entry of an audit trail that is not as it was written, or does not follow the one before it;
 * undefined where all do. What was cut off at the end shows no break: compare the last `hash` with one that was kept
 * elsewhere.
 */
export async function firstBrokenEntry(
  entries: Iterable<AuditEntry> | AsyncIterable<AuditEntry>,
): Promise<number | undefined> {
  let [seq, previousHash] = [0, auditBeginning];
  for await (const entry of entries) {
    seq += 1;
    const follows = entry.seq === seq && entry.previousHash === previousHash;
    if (!follows || (await sha256(auditRowOf(entry))) !== entry.hash) return seq;
    previousHash = entry.hash;
  }
  return undefined;
}

async function sha256(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
