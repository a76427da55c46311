import { expect, test } from "vitest";
import { authorized, TestWorkspace } from "../support/workspace.ts";

/** Sample by name and labels. */
async function metricsOf(workspace: TestWorkspace): Promise<Record<string, number>> {
  const response = await fetch(`${workspace.url}/metrics`, { headers: authorized });
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const samples = [...(await response.text()).matchAll(/^([a-z]\S*) (\S+)$/gm)];
  return Object.fromEntries(samples.map(([, name = "", value]) => [name, Number(value)]));
}

async function tokensOf(workspace: TestWorkspace): Promise<number> {
  const samples = Object.entries(await metricsOf(workspace));
  const [, count = 0] = samples.find(([name]) => name.startsWith('codex_workspace_tokens_total{kind="input"')) ?? [];
  return count;
}

test("metrics count what Codex did: turns, and their tokens once, also of a resumed and of a forked thread", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.ask("one");
  const ofOneTurn = await tokensOf(workspace);
  expect(ofOneTurn).toBeGreaterThan(0);
  expect(await metricsOf(workspace)).toMatchObject({
    'codex_workspace_turns_total{outcome="completed"}': 1,
    codex_workspace_turn_duration_seconds_count: 1,
    'codex_workspace_sessions{status="idle"}': 1,
  });

  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(await tokensOf(workspace)).toBe(0);
  await workspace.ask("two");
  expect(await tokensOf(workspace)).toBe(ofOneTurn);

  await workspace.post("/v1/sessions/main/fork", { name: "fork" });
  const { id } = await workspace.enqueue("three", {}, "fork");
  await workspace.ended(id, "fork");
  expect(await tokensOf(workspace)).toBe(2 * ofOneTurn);
});

test("open streams are counted while they are open", async () => {
  await using workspace = await TestWorkspace.start();
  const streams = async (): Promise<number | undefined> =>
    (await metricsOf(workspace))['codex_workspace_streams{kind="events"}'];
  const leaving = new AbortController();
  await fetch(`${workspace.url}/events`, { headers: authorized, signal: leaving.signal });
  expect(await streams()).toBe(1);
  leaving.abort();
  await expect.poll(streams).toBe(0);
});
