import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, copyFile, mkdir } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { up } from "../support/container.ts";
import { withoutDocker } from "../support/docker.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/flood.test.ts: ${reason}`);

const program = fileURLToPath(new URL("../support/programs/floods.mjs", import.meta.url));
const sockets = "/run/codex-workspace";
const rounds = 30;

/** Of every kind, to each socket and to each port that leads to the gateways or to the API. */
const kinds = ["silent", "half", "body", "idle", "huge", "pipelined"];
const ofSockets = ["model-gateway/http.sock", "egress-proxy/proxy.sock", "workspace/3284.sock"].map(
  (socket) => `half=${sockets}/${socket}`,
);
const ofPorts = [...[3284, 3285, 3286].flatMap((port) => kinds.map((kind) => `${kind}=${port}`)), "tunnel=3286"];

/** What each part of a flood holds, as `floods.mjs` prints it. */
type FloodState = Readonly<Record<string, { readonly open: number; readonly error?: string }>>;

describe.skipIf(reason !== undefined)("an operator of a workspace that is flooded from inside", () => {
  const name = `flooded-${process.pid}`;
  const container = `codex-workspace-${name}`;
  let cli: TestCli;
  let workspace: WorkspaceHttp;
  let authorization: string;

  beforeAll(async () => {
    cli = await TestCli.create("docker");
    await mkdir(cli.path(name));
    await copyFile(program, cli.path(name, "floods.mjs"));
    await chown(cli.path(name), 1000, 1000);
    workspace = await up(cli, name);
    const { token } = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name]);
    authorization = `Bearer ${String(token)}`;
  });
  afterAll(() => cli[Symbol.asyncDispose]());

  /** A request of an operator who has just arrived: over a connection of its own. */
  async function ask(method: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const asking = request(workspace.url + path, { method, agent: false, headers: { authorization }, timeout: 20_000 });
    asking.once("timeout", () => asking.destroy(new Error(`no answer to ${method} ${path}`))).end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: (await json(response)) as Record<string, unknown> };
  }

  /** How long the interrupt of a running turn takes, in milliseconds, `rounds` times. */
  async function interrupts(): Promise<number[]> {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const { id } = await workspace.enqueue("#model: stream 5000 chunks every 100ms");
      const state = async (): Promise<unknown> =>
        (await ask("GET", `/v1/sessions/main/prompts/${String(id)}`)).body["state"];
      await until(async () => (await state()) === "running", "the turn to run");
      const began = performance.now();
      expect((await ask("POST", "/v1/sessions/main/interrupt")).status).toBe(200);
      times.push(performance.now() - began);
    }
    return times;
  }

  /** Runs `action` while a process of the agent's user floods the workspace. Returns what the flood held at its end. */
  async function flooded(floods: readonly string[], action: () => Promise<void>): Promise<FloodState> {
    const flood = spawn("docker", [
      "exec",
      "--interactive",
      "--user",
      "1000:1000",
      container,
      "node",
      "/workspace/floods.mjs",
      ...floods,
    ]);
    const states: FloodState[] = [];
    createInterface(flood.stdout).on("line", (line) => states.push(JSON.parse(line) as FloodState));
    try {
      // By then it has opened all that it gets.
      await until(() => states.length >= 3, "the flood");
      await action();
      return states.at(-1) ?? {};
    } finally {
      flood.stdin.end();
      if (flood.exitCode === null) await once(flood, "close");
    }
  }

  test("interrupts in at most twice the time that it takes without a flood", async () => {
    const calm = p95(await interrupts());
    let during = Infinity;
    const state = await flooded([...ofSockets, ...ofPorts], async () => void (during = p95(await interrupts())));
    console.log(`interrupt, p95 of ${rounds}: ${calm.toFixed(1)} ms, ${during.toFixed(1)} ms in a flood`, state);
    for (const flood of ofSockets) expect(state[flood]).toEqual({ open: 0, error: "EACCES" });
    // The mirror: at the ports there was a flood.
    for (const flood of ofPorts) expect(state[flood]?.open).toBeGreaterThan(0);
    expect(during).toBeLessThan(Math.max(2 * calm, calm + 20));
  });
});

function p95(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
}
