import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Notification } from "../codex/protocol.ts";
import { CodexNotices } from "./codex-notices.ts";

const warning = (message: string, threadId?: string): Notification => ({
  method: "warning",
  params: { message, threadId },
});
const server = (name: string, status: string, threadId = "thread"): Notification => ({
  method: "mcpServer/startupStatus/updated",
  params: { threadId, name, status, error: status === "failed" ? "no" : null },
});
const notices = (): CodexNotices => new CodexNotices((text) => text.replaceAll("hush", "[secret]"));

test("keeps what comes before its session is known, and hands each notice out once", () => {
  const kept = notices();
  expect(kept.notified(warning("one", "thread"))).toBe(true);
  expect(kept.notified(server("docs", "failed"))).toBe(true);
  expect(kept.take("other")).toEqual([]);
  expect(kept.take("thread").map(({ kind }) => kind)).toEqual(["warning", "mcpServer"]);
  expect(kept.take("thread")).toEqual([]);
  expect([kept.warnings("thread"), kept.warnings(undefined)]).toEqual([["one"], []]);
});

test("a warning that is repeated is told once; one that is about a thread is about nothing else", () => {
  const kept = notices();
  const range = { start: { line: 3 } };
  const configWarning: Notification = { method: "configWarning", params: { summary: "odd", path: "/c.toml", range } };
  expect([kept.notified(configWarning), kept.notified(configWarning)]).toEqual([true, false]);
  expect(kept.warnings(undefined)).toEqual(["odd\nat /c.toml:3"]);
  const ofThread = warning("odd\nat /c.toml:3", "thread");
  expect([kept.notified(ofThread), kept.notified(ofThread)]).toEqual([true, false]);
  expect([kept.warnings(undefined), kept.warnings("thread")]).toEqual([[], ["odd\nat /c.toml:3"]]);
});

test("a deprecated setting is told, a deprecated request of the wrapper is not", () => {
  const kept = notices();
  const notice = (summary: string): Notification => ({
    method: "deprecationNotice",
    params: { summary, details: null },
  });
  expect(kept.notified(notice("hydration is deprecated; omit `includeTurns`"))).toBe(false);
  expect(kept.notified(notice("`use_legacy_landlock` is deprecated"))).toBe(true);
});

test("a server has its last state, and goes with its app-server", () => {
  const kept = notices();
  for (const [name, status] of [
    ["web", "starting"],
    ["docs", "starting"],
    ["web", "ready"],
    ["docs", "failed"],
  ] as const)
    kept.notified(server(name, status));
  expect(kept.mcpServers("thread")).toEqual([
    { name: "docs", status: "failed", problem: "failed", reason: "no" },
    { name: "web", status: "ready" },
  ]);
  kept.clear();
  expect(kept.mcpServers("thread")).toEqual([]);
});

test("texts of Codex have no secret, and an end", () => {
  const kept = notices();
  kept.notified(warning(`hush ${"x".repeat(10_000)}`, "thread"));
  expect(kept.warnings("thread")[0]).toMatch(/^\[secret\] x+$/);
  expect(kept.warnings("thread")[0]?.length).toBeLessThanOrEqual(2_000);
  for (let count = 0; count < 1_000; count++) kept.notified(warning(`warning ${count}`, "thread"));
  expect(kept.warnings("thread").length).toBeLessThanOrEqual(50);
});

test("an untrusted project is told of only when Codex ignores a file of it, and how to trust it", async () => {
  const directory = await mkdtemp(join(tmpdir(), "codex-notices-"));
  try {
    const [empty, used] = [join(directory, "one", ".codex"), join(directory, "two", ".codex")];
    for (const each of [empty, used]) await mkdir(each, { recursive: true });
    const notice = (...folders: string[]): Notification => {
      const lines = folders.map((folder, index) => `    ${index + 1}. ${folder}\n       To load, add ${folder}\n`);
      const summary = `Project-local config, hooks, and exec policies are disabled in the following folders.\n${lines.join("")}`;
      return { method: "configWarning", params: { summary, details: null } };
    };
    const kept = notices();
    expect(kept.notified(notice(empty, used))).toBe(false);
    await mkdir(join(used, "rules"));
    expect(kept.notified(notice(empty, used))).toBe(true);
    expect(kept.warnings(undefined)).toEqual([
      expect.stringMatching(/^Codex ignores rules of .*two\/\.codex, .*Set trustProject/),
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
