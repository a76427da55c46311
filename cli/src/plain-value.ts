import { visibleText, WorkspaceError } from "@codex-workspace/core";

const maxDepth = 64;
const maxValues = 100_000;

/**
 * Refuses what no spec needs and a later step could stumble over: thousands of levels, cycles and repetitions by YAML's
 * aliases, a key `__proto__`.
 *
 * @throws WorkspaceError `SPEC_UNREADABLE`
 */
export function requirePlainValue(path: string, value: unknown): void {
  let count = 0;
  const waiting = [{ value, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value: current, depth } = next;
    if (typeof current !== "object" || current === null) continue;
    if (depth > maxDepth) throw refused(path, `has more than ${maxDepth} levels`);
    if (Object.hasOwn(current, "__proto__")) throw refused(path, "has the key `__proto__`");
    for (const below of Object.values(current) as unknown[]) {
      if (++count > maxValues) throw refused(path, `has more than ${maxValues} values`);
      waiting.push({ value: below, depth: depth + 1 });
    }
  }
}

function refused(path: string, why: string): WorkspaceError {
  return new WorkspaceError(`${visibleText(path)} ${why}`, {
    code: "SPEC_UNREADABLE",
    remedy: "Write the spec without it; docs/spec.md has every input.",
  });
}
