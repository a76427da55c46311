import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { jsonFault } from "@codex-workspace/core/json-bounds";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { encodeFrame } from "../../agent-wrapper/src/codex/encode-frame.ts";
import { Random } from "../chaos/random.ts";
import { type CodexFolders, codexBinary, createCodexFolders } from "../support/codex.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

const bounds = { levels: 64, values: 20_000, characters: 1_000_000 };
const nested = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
const lone = "\ud800";

describe("the real app-server", () => {
  const seed = randomBytes(4).toString("hex");
  const rounds = 10_000;
  let folders: CodexFolders;
  let server: ReturnType<typeof spawn>;
  let socket: WebSocket;
  const answered = new Set<number>();

  beforeAll(async () => {
    folders = await createCodexFolders("http://127.0.0.1:9/v1");
    const token = "test";
    const hash = createHash("sha256").update(token).digest("hex");
    const listen = ["--listen", "ws://127.0.0.1:0", "--ws-auth", "capability-token", "--ws-token-sha256", hash];
    server = spawn(codexBinary(), ["app-server", ...listen], { env: folders.env, cwd: folders.project });
    const url = await new Promise<string>((resolve) => {
      for (const output of [server.stdout, server.stderr])
        createInterface({ input: output! }).on("line", (line) => {
          const [, address] = /listening on: (ws:\S+)/.exec(line) ?? [];
          if (address !== undefined) resolve(address);
        });
    });
    socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    await once(socket, "open");
    socket.on("message", (data) =>
      answered.add(Number((JSON.parse((data as Buffer).toString()) as { id?: number }).id)),
    );
  });
  afterAll(async () => {
    socket.terminate();
    server.kill("SIGKILL");
    await folders[Symbol.asyncDispose]();
  });

  test(
    `answers each of ${rounds} generated values within the bounds (seed ${seed})`,
    { timeout: 120_000 },
    async () => {
      let readable = 0;
      for (let first = 1; first <= rounds; first += 100) {
        const sent = new Map<number, unknown>();
        for (let round = first; round < first + 100; round++) {
          const value = valueOf(new Random(`${seed}/${round}`), 0);
          if (jsonFault(value, bounds) !== undefined) continue;
          sent.set(round, value);
          socket.send(encodeFrame({ id: round, method: "thread/loaded/list", params: { value } }).toString());
        }
        readable += sent.size;
        const unanswered = (): number[] => [...sent.keys()].filter((round) => !answered.has(round));
        await until(() => unanswered().length === 0, `answers from round ${first} on`, 10_000).catch(
          (error: unknown) => {
            const [round = 0] = unanswered();
            throw new Error(`seed ${seed}, round ${round}: ${JSON.stringify(sent.get(round))}`, { cause: error });
          },
        );
      }
      expect(readable).toBeGreaterThan(rounds / 4);
      expect(readable).toBeLessThan(rounds);
    },
  );

  test.each<[string, string]>([
    ["130 levels", JSON.stringify(nested(130))],
    ["half a surrogate pair as a key", JSON.stringify({ [lone]: 1 })],
    ["half a surrogate pair as a value", JSON.stringify({ a: lone })],
    ["a key of serde_json's own", '{"$serde_json::private::RawValue":"{"}'],
  ])("does not answer what the bounds refuse: %s", async (what, json) => {
    expect(jsonFault(JSON.parse(json), bounds)).toBeDefined();
    const [unreadable, next] = [what.length + 1_000_000, what.length + 2_000_000];
    socket.send(`{"id":${unreadable},"method":"thread/loaded/list","params":${json}}`);
    socket.send(`{"id":${next},"method":"thread/loaded/list","params":{}}`);
    await until(() => answered.has(next), "the answer to the next request");
    expect(answered.has(unreadable)).toBe(false);
  });
});

/** A JSON value with what readers of JSON disagree on. */
function valueOf(random: Random, level: number): unknown {
  const kind = random.between(0, level > 90 ? 1 : 6);
  if (kind === 0) return textOf(random);
  if (kind === 1)
    return random.pick<unknown>([
      0,
      -0,
      1e30,
      5e-324,
      2 ** 53 + 2,
      2 ** 63,
      2 ** 64,
      1e20,
      -1e20,
      Infinity,
      NaN,
      null,
      true,
    ]);
  if (kind === 2) {
    // One long chain rather than a bush, so that depth is reached.
    let value: unknown = textOf(random);
    for (let depth = random.between(1, 80); depth > 0; depth--)
      value = random.chance(0.5) ? [value] : { [textOf(random)]: value };
    return value;
  }
  const inner = Array.from({ length: random.between(0, 3) }, () => valueOf(random, level + 20));
  return kind < 5 ? inner : Object.fromEntries(inner.map((value) => [textOf(random), value]));
}

function textOf(random: Random): string {
  return random.pick([
    "a",
    "a",
    "a",
    "",
    "$ref",
    "__proto__",
    "constructor",
    "a.b.c",
    "\u0000",
    "\u2028",
    "\ufeff",
    "\uffff",
    "\u{1f600}",
    '"\\',
    "$serde_json::private::Number",
    "\ud83d",
    "x".repeat(2_000),
  ]);
}

test(
  "the API refuses what Codex cannot read, and takes what is just within the bounds",
  { timeout: 120_000 },
  async () => {
    await using workspace = await TestWorkspace.start({ model: "gpt-5.5", api: { limits: { promptMiB: 70 } } });
    const path = "/v1/sessions/main/prompts";
    for (const outputSchema of [nested(65), nested(125), { "$serde_json::private::Number": "x" }, { a: 1e20 }]) {
      const { status, body } = await workspace.post(path, { input: "never", outputSchema });
      expect([status, body["code"]]).toEqual([422, "REQUEST_INVALID"]);
      expect(JSON.stringify(body["errors"])).toContain("body.outputSchema");
    }
    const { status } = await workspace.post(path, '{"input":"never","outputSchema":{"a":1e999}}');
    expect(status).toBe(422);
    const { id } = await workspace.enqueue("deep", { outputSchema: nested(64) });
    expect(await workspace.ended(id)).toMatchObject({ state: "completed", finalMessage: "Echo: deep" });
    const deeper = await workspace.post(path, { input: "never", outputSchema: nested(1_000) });
    expect(deeper).toMatchObject({ status: 400, body: { code: "REQUEST_INVALID" } });
    const { id: half } = await workspace.enqueue("half", { outputSchema: { [lone]: 1 } });
    expect(await workspace.ended(half)).toMatchObject({ state: "completed", finalMessage: "Echo: half" });

    const dotted = await workspace.post("/v1/sessions", { name: "dotted", config: { ["a.".repeat(20_000) + "a"]: 1 } });
    expect(dotted).toMatchObject({ status: 422, body: { code: "REQUEST_INVALID" } });
    const taken = await workspace.post("/v1/sessions", { name: "dotted", config: { ["a.".repeat(60) + "a"]: 1 } });
    expect(taken.status).toBe(201);

    // Codex closes a connection over a frame of more than 16 MiB, and over a message of more than 64 MiB.
    const image = (bytes: number): object => ({ type: "image", url: `data:image/png;base64,${"A".repeat(bytes)}` });
    const { id: big } = await workspace.enqueue([image(65 * 1024 ** 2)]);
    expect(await workspace.ended(big)).toMatchObject({
      state: "failed",
      error: expect.stringContaining("bytes") as string,
    });
    const { id: large } = await workspace.enqueue([{ type: "text", text: "#model: say seen" }, image(20 * 1024 ** 2)]);
    expect(["completed", "failed"]).toContain((await workspace.ended(large))["state"]);
    expect(workspace.log.map(({ msg }) => msg)).not.toContain("app-server went away");
  },
);
