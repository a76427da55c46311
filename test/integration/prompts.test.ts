import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { environmentNames } from "@codex-workspace/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codexBinary } from "../support/codex.ts";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start({ model: "gpt-5.5" });
});
afterAll(() => workspace[Symbol.asyncDispose]());

const path = "/v1/sessions/main";
const turns = () => workspace.model.requests.filter(({ purpose }) => purpose === "turn");
const running = (id: unknown) =>
  until(async () => (await workspace.get(`${path}/prompts/${String(id)}`)).body["state"] === "running", "the turn");
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("a prompt is acknowledged with its id, and ends with its turn, answer and usage", async () => {
  const { status, headers, body } = await workspace.post(`${path}/prompts`, { input: "#model: usage 7 3\nhello" });
  expect(status).toBe(202);
  expect(body).toMatchObject({ session: "main", input: [{ type: "text", text: "#model: usage 7 3\nhello" }] });
  expect(headers.get("location")).toBe(`${path}/prompts/${String(body["id"])}`);

  const ended = await workspace.ended(body["id"]);
  expect(ended).toMatchObject({ state: "completed", finalMessage: "Echo: hello", whenBusy: "queue" });
  expect(ended["usage"]).toMatchObject({ inputTokens: 7, outputTokens: 3, totalTokens: 10 });
  expect((await workspace.status())["lastTurn"]).toMatchObject({ id: ended["turnId"], status: "completed" });
});

test("usage is of the turn, not of the thread", async () => {
  const { id } = await workspace.enqueue("#model: usage 5 5\nagain");
  expect((await workspace.ended(id))["usage"]).toMatchObject({ totalTokens: 10 });
  expect((await workspace.status())["lastTurn"]).toMatchObject({ usage: { totalTokens: 10 } });
});

test("a turn that fails says why", async () => {
  const { id } = await workspace.enqueue("#model: fail 400");
  const ended = await workspace.ended(id);
  expect(ended).toMatchObject({ state: "failed" });
  expect(String(ended["error"])).toContain("400");
});

test("a wait ends with the prompt, or with its time", async () => {
  const { id } = await workspace.enqueue("#model: wait 1500ms");
  const began = performance.now();
  const early = await workspace.get(`${path}/prompts/${String(id)}?wait=0.2`);
  expect(early.body["state"]).not.toBe("completed");
  expect(performance.now() - began).toBeLessThan(1200);
  // This one waits for 30 s, unless the prompt ends.
  expect((await workspace.ended(id))["state"]).toBe("completed");
  expect(performance.now() - began).toBeLessThan(15_000);
});

test("an Idempotency-Key gives the same prompt for the same body, and 409 for another", async () => {
  const headers = { ...authorized, "idempotency-key": randomUUID() };
  const send = (input: string) => workspace.post(`${path}/prompts`, { input }, headers);
  const first = await send("once");
  const [second, third] = await Promise.all([send("once"), send("once")]);
  expect([second.status, third.status]).toEqual([202, 202]);
  expect([second.body["id"], third.body["id"]]).toEqual([first.body["id"], first.body["id"]]);
  const other = await send("something else");
  expect(other.status).toBe(409);
  expect(other.body["code"]).toBe("IDEMPOTENCY_KEY_REUSED");
  await workspace.ended(first.body["id"]);
  await workspace.stable();
  expect((await workspace.messages()).filter(({ content }) => content === "once")).toHaveLength(1);
});

test("prompts queue behind a turn; a queued one can be cancelled, a running one cannot", async () => {
  const { id: first } = await workspace.enqueue("#model: wait 700ms\nfirst");
  const { id: second } = await workspace.enqueue("cancelled");
  const { id: third } = await workspace.enqueue("third");
  await running(first);
  const queued = await workspace.get(`${path}/prompts?state=queued`);
  expect(queued.body["prompts"]).toMatchObject([{ id: second }, { id: third }]);

  const cancelled = await workspace.delete(`${path}/prompts/${String(second)}`);
  expect(cancelled).toMatchObject({ status: 200, body: { state: "cancelled" } });
  const refused = await workspace.delete(`${path}/prompts/${String(first)}`);
  expect(refused).toMatchObject({ status: 409, body: { code: "PROMPT_NOT_QUEUED" } });

  expect(await workspace.ended(third)).toMatchObject({ state: "completed", finalMessage: "Echo: third" });
  expect((await workspace.messages()).map(({ content }) => content)).not.toContain("cancelled");
});

test("`reject` is refused while a turn runs, and taken when none does", async () => {
  const { id } = await workspace.enqueue("#model: wait 500ms");
  await running(id);
  const refused = await workspace.post(`${path}/prompts`, { input: "now", whenBusy: "reject" });
  expect(refused).toMatchObject({ status: 409, body: { code: "SESSION_BUSY" } });
  await workspace.ended(id);
  await workspace.stable();
  const { id: taken } = await workspace.enqueue("now", { whenBusy: "reject" });
  expect((await workspace.ended(taken))["finalMessage"]).toBe("Echo: now");
});

test("`steer` joins the running turn and ends with it", async () => {
  const { id: first } = await workspace.enqueue("#model: wait 500ms\nlong task");
  await running(first);
  const { id: second } = await workspace.enqueue("go left", { whenBusy: "steer" });
  const [a, b] = [await workspace.ended(first), await workspace.ended(second)];
  expect(b).toMatchObject({ state: "completed", turnId: a["turnId"], finalMessage: "Echo: go left" });

  await workspace.stable();
  const { id: alone } = await workspace.enqueue("alone", { whenBusy: "steer" });
  const c = await workspace.ended(alone);
  expect(c).toMatchObject({ state: "completed", finalMessage: "Echo: alone" });
  expect(c["turnId"]).not.toBe(a["turnId"]);
  const { status } = await workspace.post(`${path}/prompts`, { input: "x", whenBusy: "steer", model: "gpt-5.4" });
  expect(status).toBe(422);
});

test("`interrupt` ends the running turn and goes before what waits", async () => {
  const { id: first } = await workspace.enqueue("#model: hang");
  await running(first);
  const { id: waiting } = await workspace.enqueue("waiting");
  const { id: urgent } = await workspace.enqueue("urgent", { whenBusy: "interrupt" });
  expect(await workspace.ended(first)).toMatchObject({ state: "interrupted" });
  await workspace.ended(waiting);
  const order = (await workspace.messages()).map(({ content }) => content);
  expect(order.indexOf("urgent")).toBeLessThan(order.indexOf("waiting"));
  expect(await workspace.ended(urgent)).toMatchObject({ state: "completed", finalMessage: "Echo: urgent" });
});

test("a paused queue holds prompts back until it is resumed", async () => {
  await workspace.stable();
  await workspace.post(`${path}/queue/pause`, {});
  const { id } = await workspace.enqueue("held back");
  const { id: direct } = await workspace.enqueue("direct", { whenBusy: "interrupt" });
  await workspace.ended(direct);
  expect((await workspace.get(`${path}/queue`)).body).toMatchObject({ paused: true, queued: 1, queuedInCodex: 0 });
  await workspace.post(`${path}/queue/resume`, {});
  expect(await workspace.ended(id)).toMatchObject({ finalMessage: "Echo: held back" });
});

test("POST interrupt answers when Codex says that the turn has ended", async () => {
  const { id } = await workspace.enqueue("#model: hang");
  await running(id);
  const { status, body } = await workspace.post(`${path}/interrupt`, {});
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "interrupted" });
  expect(await workspace.ended(id)).toMatchObject({ state: "interrupted", turnId: body["id"] });
  const idle = await workspace.post(`${path}/interrupt`, {});
  expect(idle).toMatchObject({ status: 409, body: { code: "NO_TURN_RUNNING" } });
});

test("an interrupt is not lost that comes before Codex knows of the turn that it has told of", async () => {
  // About one in twenty meets that moment.
  for (let round = 0; round < 25; round++) {
    const { id } = await workspace.enqueue("#model: hang");
    await until(async () => (await workspace.status())["status"] === "working", "the turn to begin");
    expect(await workspace.post(`${path}/interrupt`, {})).toMatchObject({ status: 200 });
    await workspace.ended(id);
  }
});

test("model, effort and output schema are of one prompt; after it the session's are in force again", async () => {
  const outputSchema = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };
  const asked = () => turns().at(-1)?.body as { model: string; reasoning?: { effort?: string }; text?: unknown };
  const { id: before } = await workspace.enqueue("before");
  await workspace.ended(before);
  const effortBefore = asked().reasoning?.effort;

  const { id } = await workspace.enqueue("own", { model: "gpt-5.4", effort: "high", outputSchema });
  await workspace.ended(id);
  expect(asked()).toMatchObject({ model: "gpt-5.4", reasoning: { effort: "high" } });
  expect(JSON.stringify(asked().text)).toContain(JSON.stringify(outputSchema));

  const { id: after } = await workspace.enqueue("after");
  await workspace.ended(after);
  expect(asked().model).toBe("gpt-5.5");
  expect(asked().reasoning?.effort).toBe(effortBefore);
  expect(JSON.stringify(asked().text ?? {})).not.toContain("json_schema");
});

test("images reach the model, from the request and from a file of the workspace", async () => {
  await writeFile(join(workspace.layout.workdir, "pixel.png"), Buffer.from(pixel.split(",")[1]!, "base64"));
  const { id, input } = await workspace.enqueue([
    { type: "text", text: "look" },
    { type: "image", url: pixel },
    { type: "localImage", path: "pixel.png" },
  ]);
  expect(input).toEqual([
    { type: "text", text: "look" },
    { type: "image", mediaType: "image/png", bytes: 70 },
    { type: "localImage", path: "pixel.png" },
  ]);
  await workspace.ended(id);
  const images = JSON.stringify(turns().at(-1)?.body).match(/"input_image"/g);
  expect(images).toHaveLength(2);
});

test.each([
  ["no-such.png", "is not there"],
  [".", "is no file"],
])("a prompt whose image %s %s fails, naming the path, and the next one runs", async (path, why) => {
  const { id } = await workspace.enqueue([
    { type: "text", text: "look" },
    { type: "localImage", path },
  ]);
  const { state, error } = await workspace.ended(id);
  expect([state, error]).toEqual(["failed", `the prompt's image ${join(workspace.layout.workdir, path)} ${why}`]);
  const { id: next } = await workspace.enqueue("after it");
  expect(await workspace.ended(next)).toMatchObject({ state: "completed", finalMessage: "Echo: after it" });
});

test("what is no prompt is refused with the place of each fault", async () => {
  const { status, body } = await workspace.post(`${path}/prompts`, { input: "", whenBusy: "never", text: "x" });
  expect(status).toBe(422);
  expect(body["code"]).toBe("REQUEST_INVALID");
  expect(JSON.stringify(body["errors"])).toMatch(/body\.input.*body\.whenBusy/);
  expect((await workspace.post(`${path}/prompts`, "{")).status).toBe(400);
  const large = await workspace.post(`${path}/prompts`, { input: "x".repeat(17 * 1024 * 1024) });
  expect([large.status, large.body["code"]]).toEqual([413, "BODY_TOO_LARGE"]);
  expect((await workspace.get(`${path}/prompts/nothing`)).status).toBe(404);
  expect((await workspace.get("/v1/sessions/nobody/prompts")).body["code"]).toBe("SESSION_NOT_FOUND");
});

test("prompts are listed page by page", async () => {
  const all = (await workspace.get(`${path}/prompts?limit=100`)).body["prompts"] as { id: string }[];
  const ids: string[] = [];
  let next = "0";
  do {
    const { prompts, nextCursor = "" } = (await workspace.get(`${path}/prompts?limit=7&cursor=${next}`)).body as {
      prompts: { id: string }[];
      nextCursor?: string;
    };
    ids.push(...prompts.map(({ id }) => id));
    next = nextCursor;
  } while (next !== "");
  expect(ids).toEqual(all.map(({ id }) => id));
});

test("what a person queued goes before what was queued here: in the terminal, and with `codex queue`", async () => {
  await workspace.stable();
  const screen = await workspace.followScreen();
  await until(() => screen().includes("›"), "the terminal to show its prompt");
  const { id: first } = await workspace.enqueue("#model: wait 3s\nrunning");
  await running(first);
  const { id: second } = await workspace.enqueue("#model: wait 2s\nqueued here");
  await workspace.post("/message", { type: "raw", content: "queued by hand" });
  await until(() => screen().includes("queued by hand"), "the typed words on the screen");
  await delay(300);
  await workspace.post("/message", { type: "raw", content: "\t" });
  await until(() => screen().includes("Queued follow-up"), "the terminal to have queued it");

  await running(second);
  const { id: third } = await workspace.enqueue("queued here too");
  await codexQueue("queued by command");
  await until(
    async () => (await workspace.get(`${path}/queue`)).body["queuedInCodex"] === 1,
    "Codex's queue to have it",
  );
  await workspace.ended(third);
  const turnsOf = (await workspace.messages()).map(({ content }) => content.replace("#model: wait 2s\n", ""));
  const ours = ["queued by hand", "queued here", "queued by command", "queued here too"];
  const at = ours.map((text) => turnsOf.indexOf(text));
  expect(at).toEqual([0, 2, 4, 6].map((offset) => at[0]! + offset));
});

/** Queues a prompt in Codex itself, as the terminal's user. */
async function codexQueue(message: string): Promise<void> {
  const [pid] = await childrenOf(workspace.pid, "resume");
  const read = async (file: string) => (await readFile(`/proc/${String(pid)}/${file}`, "utf8")).split("\0");
  const [environment, args] = await Promise.all([read("environ"), read("cmdline")]);
  const remote = args.slice(args.indexOf("--remote"), args.indexOf("--remote") + 2);
  const env = Object.fromEntries(environment.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const token = ["--remote-auth-token-env", environmentNames.remoteToken];
  const { threadId } = await workspace.status();
  const queue = ["queue", "--thread", String(threadId), "--message", message];
  await promisify(execFile)(codexBinary(), [...queue, ...remote, ...token], { env });
}

test("killed with one prompt running and others waiting: the first is interrupted, the others run once", async () => {
  await using other = await TestWorkspace.start();
  for (const kill of ["wrapper", "app-server"] as const) {
    const { id: first } = await other.enqueue(`#model: hang\n${kill}`);
    await until(async () => (await other.status())["status"] === "working", "the turn");
    const { id: second } = await other.enqueue(`second ${kill}`);
    const { id: third } = await other.enqueue(`third ${kill}`);
    if (kill === "wrapper") {
      await other.stop("SIGKILL");
      await other.start();
      await other.ready();
    } else {
      process.kill((await childrenOf(other.pid, "app-server"))[0]!, "SIGKILL");
    }
    expect(await other.ended(third)).toMatchObject({ state: "completed", finalMessage: `Echo: third ${kill}` });
    expect(await other.ended(first)).toMatchObject({ state: "interrupted" });
    expect(await other.ended(second)).toMatchObject({ state: "completed", finalMessage: `Echo: second ${kill}` });
  }
  const texts = (await other.messages()).filter(({ role }) => role === "user").map(({ content }) => content);
  expect(new Set(texts).size).toBe(texts.length);
});

test("killed at any moment around the hand-over: every accepted prompt has ended or runs, none ran twice", async () => {
  await using other = await TestWorkspace.start();
  const ids: string[] = [];
  for (const pauseMs of [0, 2, 5, 10, 20]) {
    const accepted = await other.enqueue(`after ${pauseMs} ms`);
    ids.push(String(accepted["id"]));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await other.stop("SIGKILL");
    await other.start();
    await other.ready();
  }
  await other.ended(ids.at(-1));
  for (const id of ids) expect(["completed", "interrupted"]).toContain((await other.ended(id))["state"]);
  const asked = other.model.requests
    .filter(({ purpose }) => purpose === "turn")
    .map(({ body }) =>
      JSON.stringify(body)
        .match(/after \d+ ms/g)
        ?.at(-1),
    );
  expect(new Set(asked).size).toBe(asked.length);
});

test("a prompt's body is judged as AgentAPI's is: with every fault, up to 16 MiB, as characters", async () => {
  const tooLarge = await workspace.post(`${path}/prompts`, "x".repeat(16 * 1024 * 1024));
  expect(tooLarge).toMatchObject({ status: 413, body: { code: "BODY_TOO_LARGE" } });
  const wrong = await workspace.post(`${path}/prompts`, { input: 1, other: 2 });
  expect([wrong.status, wrong.body["errors"]]).toMatchObject([
    422,
    [{ location: "body.input" }, { location: "body.other", message: "unexpected property" }],
  ]);
  const plain = { ...authorized, "content-type": "text/plain" };
  expect((await workspace.post(`${path}/prompts`, "{}", plain)).status).toBe(415);
  expect((await workspace.post(`${path}/prompts`, "{")).status).toBe(400);
  const { body } = await workspace.post(`${path}/prompts`, String.raw`{"input": "half a pair: \ud800"}`);
  expect(await workspace.ended(body["id"])).toMatchObject({ finalMessage: "Echo: half a pair: \uFFFD" });
});
