import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { leadsThrough, wayTo } from "./way-to.ts";

const names = ["a", "b", "project/a", "project/b", "project/sub/c", "out/d"] as const;
const name = fc.constantFrom(...names);
const target = fc.constantFrom(...names, "project", "project/sub", "out");
const link = fc.record({ at: name, to: target, relative: fc.boolean() });
const files = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
const tail = fc.constantFrom("", "/c", "/d", "/sub/c");

/** Moving the project away shows whether it decides about a path: the path then leads nowhere, or elsewhere. */
test("a path leads through a directory exactly where that directory decides about the path", () => {
  // A failure prints the seed.
  fc.assert(
    fc.property(fc.array(link, { maxLength: 5 }), files, name, tail, (links, contents, start, rest) => {
      const root = realpathSync(mkdtempSync(join(tmpdir(), "codex-workspace-")));
      try {
        mkdirSync(join(root, "project", "sub"), { recursive: true });
        mkdirSync(join(root, "out"));
        for (const file of contents) writeFileSync(join(root, file), "");
        for (const { at, to, relative } of links) {
          if (existsSync(join(root, at))) continue;
          rmSync(join(root, at), { force: true });
          symlinkSync(relative ? `${"../".repeat(at.split("/").length - 1)}${to}` : join(root, to), join(root, at));
        }
        const path = join(root, start + rest);
        const real = realOf(path);
        if (real === undefined) return;
        const way = wayTo(path);
        expect(way.real).toBe(real);
        renameSync(join(root, "project"), join(root, "moved"));
        expect(leadsThrough(way, join(root, "project"))).toBe(realOf(path) !== real);
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 1_500 },
  );
});

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
