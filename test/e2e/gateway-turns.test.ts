import { once } from "node:events";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, type SessionClient, type WorkspaceClient } from "@codex-workspace/client";
import { createScriptedModel, echoScript, type RecordedRequest } from "@codex-workspace/scripted-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { docker, hostAddress, withoutDocker } from "../support/docker.ts";
import { testImageBuild } from "../support/image.ts";
import { until } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/gateway-turns.test.ts: ${reason}`);

describe.skipIf(reason !== undefined)("a turn of Codex through the model gateway", () => {
  const name = `turns-${process.pid}`;
  const firstKey = "sk-first";
  const secondKey = "sk-second";
  /** When clients of the model left before the end of their answer. */
  const leftAt: number[] = [];
  let server: Server;
  let cli: TestCli;
  let client: WorkspaceClient;
  let session: SessionClient;

  const cutOff = "cut off the first time";
  const model = createScriptedModel({
    script: (request) =>
      request.prompt === cutOff && requestsOf(cutOff).length === 1
        ? [{ kind: "text", text: "half of " }, { kind: "disconnect" }]
        : echoScript(request),
  });
  /** What Codex asked of the model for the turns of this prompt: each step, and each second try. */
  function requestsOf(prompt: string): RecordedRequest[] {
    return model.requests.filter(
      ({ purpose, body }) => purpose === "turn" && JSON.stringify(body).includes(JSON.stringify(prompt).slice(1, -1)),
    );
  }

  /** With a key for the model. */
  const up = (key: string): Promise<Record<string, unknown>> =>
    cli.up([name, "--spec", cli.path("spec.json"), "--name", name], { env: { KEY_OF_THE_TEST: key } });

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.once("close", () => response.writableFinished || leftAt.push(performance.now()));
      model.app(request, response);
    });
    await once(server.listen(0, "0.0.0.0"), "listening");
    const baseUrl = `http://${await hostAddress()}:${(server.address() as AddressInfo).port}/v1`;
    cli = await TestCli.create("docker");
    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
    const modelProvider = { baseUrl, apiKey: { env: "KEY_OF_THE_TEST" } };
    await writeFile(cli.path("spec.json"), JSON.stringify({ image: { build: testImageBuild }, modelProvider }));
    const { url, token } = await up(firstKey);
    client = createClient({ baseUrl: String(url), token: String(token) });
    session = client.session();
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  });

  /** Sends a prompt; when each piece of the answer was told to the wrapper, and to us, until the prompt has ended. */
  async function* pieces(input: string): AsyncGenerator<{ toldAt: number; cameAt: number }, void, undefined> {
    const events = session.events({ after: 0, deltas: true });
    // What was before comes first, and so the prompt when the stream is there.
    await events.next();
    const { id } = await session.sendPrompt({ input });
    for await (const { type, data } of events) {
      if (type === "item/delta" && data.field === "text") yield { toldAt: Date.parse(data.time), cameAt: Date.now() };
      if (type === "prompt/changed" && data.promptId === id && ["completed", "failed"].includes(data.state)) return;
    }
  }

  test("is told as it is said, and needs one request for each step: nothing is tried again", async () => {
    const brokenStreams = async (): Promise<number> =>
      (await docker(["logs", `codex-workspace-${name}`])).split('"msg":"turn error"').length - 1;
    const prompt = "#model: run echo hello\n#model: stream 10 chunks every 200ms";
    const moments: number[] = [];
    for await (const { cameAt } of pieces(prompt)) moments.push(cameAt);
    expect(moments).toHaveLength(10);
    expect(moments.at(-1)! - moments[0]!).toBeGreaterThan(1500);
    expect(requestsOf(prompt)).toHaveLength(2);
    expect(await brokenStreams()).toBe(0);

    // The mirror: where an answer breaks off, it is tried again, and that is told.
    expect(await session.runPrompt({ input: cutOff })).toMatchObject({ finalMessage: `Echo: ${cutOff}` });
    expect(requestsOf(cutOff)).toHaveLength(2);
    expect(await brokenStreams()).toBe(1);
  });

  test("goes on with the key that it began with when another comes, and is over for the model when it is interrupted", async () => {
    const prompt = "#model: stream 5000 chunks every 100ms";
    const answer = pieces(prompt);
    await answer.next();
    expect(await up(secondKey)).toMatchObject({ change: "tokens" });
    const other = client.session((await client.createSession({ name: "other" })).name);
    await until(async () => {
      await other.runPrompt({ input: "which key?" });
      return requestsOf("which key?").at(-1)?.headers.authorization === `Bearer ${secondKey}`;
    }, "the other key");
    const exchangedAt = Date.now();
    await until(async () => ((await answer.next()).value?.toldAt ?? 0) > exchangedAt, "the answer to go on");
    expect(requestsOf(prompt).map(({ headers }) => headers.authorization)).toEqual([`Bearer ${firstKey}`]);

    const interruptedAt = performance.now();
    leftAt.length = 0;
    await session.interrupt();
    await until(() => leftAt.length > 0, "the model to be left");
    expect(leftAt[0]! - interruptedAt).toBeLessThan(1000);
    await answer.return();
  });
});
