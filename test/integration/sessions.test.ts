import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EventReader } from "../chaos/event-reader.ts";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace, token } from "../support/workspace.ts";
import { WebSocket } from "ws";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.create();
  await mkdir(join(workspace.layout.workdir, "part"), { recursive: true });
  await workspace.start({
    model: "gpt-5.5",
    profiles: { careful: { sandbox_mode: "read-only", model: "gpt-5.4" } },
  });
  await workspace.ready();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const create = (body: object) => workspace.post("/v1/sessions", body);
const get = async (name: string, of = workspace) => (await of.get(`/v1/sessions/${name}`)).body;
const askIn = async (session: string, input: string) => {
  const { id } = await workspace.enqueue(input, {}, session);
  return workspace.ended(id, session);
};
const lastTurnRequest = () => workspace.model.requests.findLast(({ purpose }) => purpose === "turn");

test("main is always there, and cannot be ended", async () => {
  const { body } = await workspace.get("/v1/sessions");
  expect(body["sessions"]).toMatchObject([{ name: "main", status: "idle", archived: false, queue: { paused: false } }]);
  expect((await workspace.delete("/v1/sessions/main")).body["code"]).toBe("SESSION_REFUSED");
  expect((await workspace.post("/v1/sessions/main/archive", {})).status).toBe(422);
});

test("a session has a thread of its own: prompts, items, events and messages are apart", async () => {
  const made = await create({ name: "second" });
  expect(made.status).toBe(201);
  expect(made.headers.get("location")).toBe("/v1/sessions/second");
  expect(made.body).toMatchObject({ name: "second", status: "idle", settings: {}, model: "gpt-5.5" });
  expect(made.body["threadId"]).not.toBe((await get("main"))["threadId"]);

  expect(await askIn("second", "over there")).toMatchObject({ state: "completed", finalMessage: "Echo: over there" });
  expect(JSON.stringify((await workspace.get("/v1/sessions/second/items")).body)).toContain("over there");
  expect(JSON.stringify((await workspace.get("/v1/sessions/main/items")).body)).not.toContain("over there");
  expect(await workspace.messages()).toHaveLength(1);
  expect((await workspace.status())["sessions"]).toEqual([
    { name: "main", status: "idle" },
    { name: "second", status: "idle" },
  ]);
  expect((await create({ name: "second" })).body["code"]).toBe("SESSION_EXISTS");
});

test("sessions run at the same time, and status says of each what it does", async () => {
  const [{ id: a }, { id: b }] = await Promise.all([
    workspace.enqueue("#model: wait 1s\na"),
    workspace.enqueue("#model: wait 1s\nb", {}, "second"),
  ]);
  await until(async () => {
    const both = await Promise.all([get("main"), get("second")]);
    return both.every(({ status, turn }) => status === "working" && turn !== undefined);
  }, "both to work at once");
  const { since, status } = await get("second");
  expect(status).toBe("working");
  expect(Date.now() - Date.parse(String(since))).toBeLessThan(5000);
  await Promise.all([workspace.ended(a), workspace.ended(b, "second")]);
  await until(async () => (await get("second"))["status"] === "idle", "the end");
  expect((await get("second"))["usage"]).toMatchObject({ totalTokens: expect.any(Number) as number });
});

test("what a session has of its own is in force, and stays so over a restart", async () => {
  await create({
    name: "own",
    directory: "part",
    model: "gpt-5.4",
    sandbox: "read-only",
    approvalPolicy: "never",
    developerInstructions: "Speak like a pirate.",
    baseInstructions: "You are a parrot.",
    config: { model_reasoning_effort: "high" },
  });
  const check = async (): Promise<void> => {
    const made = join(workspace.layout.workdir, "part", "made");
    await askIn("own", `#model: run pwd > ${made}`);
    expect(existsSync(made)).toBe(false);
    const { finalMessage } = await askIn("own", "#model: run pwd");
    expect(finalMessage).toContain(join(workspace.layout.workdir, "part"));
    const body = lastTurnRequest()?.body as Record<string, unknown>;
    expect(body).toMatchObject({ model: "gpt-5.4", reasoning: { effort: "high" } });
    expect(JSON.stringify(body)).toContain("Speak like a pirate.");
    expect(JSON.stringify(body)).toContain("You are a parrot.");
  };
  await check();
  const before = await get("own");
  await workspace.stop();
  await workspace.start({ model: "gpt-5.5", profiles: { careful: { sandbox_mode: "read-only", model: "gpt-5.4" } } });
  await workspace.ready();
  await until(async () => (await get("own"))["status"] === "idle", "the session to be back");
  expect(await get("own")).toMatchObject({ threadId: before["threadId"], settings: before["settings"] });
  await check();
});

test("a profile of the spec is a session's", async () => {
  await create({ name: "careful", profile: "careful" });
  const made = join(workspace.layout.workdir, "careless");
  await askIn("careful", `#model: run touch ${made}`);
  expect(existsSync(made)).toBe(false);
  expect(lastTurnRequest()?.body).toMatchObject({ model: "gpt-5.4" });
  const { body } = await create({ profile: "careless" });
  expect(body).toMatchObject({ code: "SESSION_REFUSED", remedy: expect.stringContaining("careful") as string });
});

test.each([
  ["a directory outside the project", { directory: ".." }],
  ["a directory that is not there", { directory: "nowhere" }],
  ["a link that leads out of the project", { directory: "way-out" }],
  ["a key of the platform", { config: { features: { plugins: true } } }],
  ["the same, dotted", { config: { "features.plugins": true } }],
  ["a key that has a setting of its own", { config: { sandbox_mode: "danger-full-access" } }],
  ["what Codex does not know", { approvalPolicy: "sometimes" }],
])("a session with %s is refused, and nothing of it stays", async (_, settings) => {
  await symlink("/", join(workspace.layout.workdir, "way-out")).catch(() => undefined);
  const { status, body } = await create({ name: "refused", ...settings });
  expect([status, body["code"]]).toEqual([422, "SESSION_REFUSED"]);
  expect((await workspace.get("/v1/sessions/refused")).status).toBe(404);
});

test("a fork goes on from the history so far, beside the session it came from", async () => {
  await askIn("second", "common ground");
  const forked = await workspace.post("/v1/sessions/second/fork", { name: "fork" });
  expect(forked.status).toBe(201);
  await askIn("fork", "only here");
  const asked = JSON.stringify(lastTurnRequest()?.body);
  expect(asked).toContain("common ground");
  const items = JSON.stringify((await workspace.get("/v1/sessions/fork/items")).body);
  expect(items).toContain("common ground");
  expect(items).toContain("only here");
  expect(JSON.stringify((await workspace.get("/v1/sessions/second/items")).body)).not.toContain("only here");
});

test("a turn's tokens are its own: in a fork, after a restart, and in both", async () => {
  await using own = await TestWorkspace.start();
  const spend = async (session: string, tokens: number) => {
    const { id } = await own.enqueue(`#model: usage ${tokens} 0\nspend`, {}, session);
    return (await own.ended(id, session))["usage"];
  };
  const ofThread = async (session: string) => (await get(session, own))["usage"];

  expect(await spend("main", 10)).toMatchObject({ totalTokens: 10 });
  expect(await spend("main", 20)).toMatchObject({ totalTokens: 20 });
  for (const name of ["early", "late"]) await own.post("/v1/sessions/main/fork", { name });
  expect(await spend("early", 5)).toMatchObject({ totalTokens: 5 });
  expect(await ofThread("early")).toMatchObject({ totalTokens: 35 });

  await own.stop();
  await own.start();
  await own.ready();
  expect(await ofThread("main")).toMatchObject({ totalTokens: 30 });
  expect((await own.status())["lastTurn"]).toMatchObject({ usage: { totalTokens: 20 } });
  for (const name of ["main", "early", "late"]) expect(await spend(name, 3)).toMatchObject({ totalTokens: 3 });
  expect(await ofThread("main")).toMatchObject({ totalTokens: 33 });
});

test("an archived session does nothing until it is taken back; a busy one is not archived", async () => {
  const { id } = await workspace.enqueue("#model: hang", {}, "fork");
  await until(async () => (await get("fork"))["status"] === "working", "the turn");
  expect((await workspace.post("/v1/sessions/fork/archive", {})).body["code"]).toBe("SESSION_BUSY");
  await workspace.post("/v1/sessions/fork/interrupt", {});
  await workspace.ended(id, "fork");
  await until(async () => (await get("fork"))["status"] === "idle", "the end");

  expect((await workspace.post("/v1/sessions/fork/archive", {})).body).toMatchObject({
    status: "stopped",
    archived: true,
  });
  const refused = await workspace.post("/v1/sessions/fork/prompts", { input: "anybody?" });
  expect(refused).toMatchObject({ status: 409, body: { code: "SESSION_ARCHIVED" } });
  expect(JSON.stringify((await workspace.get("/v1/sessions/fork/items")).body)).toContain("only here");
  const back = await workspace.post("/v1/sessions/fork/unarchive", {});
  expect(back.body).toMatchObject({ status: "idle", archived: false });
  expect(await askIn("fork", "back again")).toMatchObject({ finalMessage: "Echo: back again" });
});

test("a deleted session is gone, and who followed it is told", async () => {
  await create({ name: "short" });
  await askIn("short", "hello");
  const response = await fetch(`${workspace.url}/v1/sessions/short/events`, { headers: authorized });
  expect((await workspace.delete("/v1/sessions/short")).status).toBe(204);
  expect(await response.text()).toContain("event: session/deleted");
  expect((await workspace.get("/v1/sessions/short")).status).toBe(404);
  expect((await create({ name: "short" })).status).toBe(201);
  expect((await workspace.get("/v1/sessions/short/items")).body["items"]).toEqual([]);
});

test("an ephemeral session answers, and leaves nothing behind", async () => {
  const { body } = await create({ name: "passing", ephemeral: true });
  expect(body).toMatchObject({ status: "idle", settings: { ephemeral: true } });
  expect(await askIn("passing", "hi")).toMatchObject({ finalMessage: "Echo: hi" });
  expect((await workspace.delete("/v1/sessions/passing")).status).toBe(204);
});

test("an ephemeral session says when it begins anew, and a lasting one goes on", async () => {
  await create({ name: "forgetful", ephemeral: true });
  const before = [await get("forgetful"), await get("main")].map((session) => session["threadId"]);
  const [appServer] = await childrenOf(workspace.pid, "app-server");
  process.kill(appServer!, "SIGKILL");
  await until(async () => (await get("main"))["status"] === "starting", "app-server to be missed");
  const isIdle = async (): Promise<boolean> => (await get("forgetful"))["status"] === "idle";
  await until(isIdle, "the session to be there again");
  const after = [await get("forgetful"), await get("main")].map((session) => session["threadId"]);
  expect(after[1]).toBe(before[1]);
  await using reader = new EventReader(workspace, "forgetful", 0);
  const threads = (): unknown[] =>
    reader.events.flatMap(({ type, data }) =>
      type === "thread/started" ? [(JSON.parse(data) as { threadId: string }).threadId] : [],
    );
  await until(() => threads().length === 2, "both threads to be told");
  expect(threads()).toEqual([before[0], after[0]]);
  await workspace.delete("/v1/sessions/forgetful");
});

test("each session has a terminal of its own", async () => {
  const url = `${workspace.url.replace("http", "ws")}/v1/sessions/second/terminal`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
  let screen = "";
  socket.on("message", (data) => (screen += (data as Buffer).toString("utf8")));
  await until(() => screen.includes("common ground"), "the session's history on its terminal");
  socket.close();
  const nobody = new WebSocket(url.replace("second", "nobody"), { headers: { authorization: `Bearer ${token}` } });
  const refused = await new Promise((resolve) => nobody.once("error", (error) => resolve(String(error))));
  expect(refused).toContain("404");
});

test("resumed with more rights than were asked for, a session is `error`, says why, and runs nothing", async () => {
  const program = fileURLToPath(new URL("../support/programs/codex-widens-on-resume.mjs", import.meta.url));
  await using widened = await TestWorkspace.create({ codexProgram: program });
  await widened.start();
  await widened.ready();
  expect(await widened.ask("before")).toBe("Echo: before");
  await widened.post("/v1/sessions/main/queue/pause", {});
  const { id } = await widened.enqueue("waits");
  await widened.stop();

  await widened.start();
  const failed = async (): Promise<boolean> =>
    (await get("main", widened).catch(() => ({ status: "" })))["status"] === "error";
  await until(failed, "the session to fail");
  const reason = "the sandbox is dangerFullAccess, workspace-write was asked for";
  expect((await widened.status())["problem"]).toContain(reason);
  expect((await widened.get("/readyz", {})).body).toMatchObject({ ready: false, state: "failed" });
  expect((await widened.prompt("after")).status).toBe(503);
  await widened.post("/v1/sessions/main/queue/resume", {});
  expect((await widened.get(`/v1/sessions/main/prompts/${String(id)}?wait=0.5`)).body["state"]).toBe("queued");

  await widened.stop();
  await widened.start({ sandboxMode: "danger-full-access" });
  await widened.ready();
  expect(await widened.ended(id)).toMatchObject({ finalMessage: "Echo: waits" });
});
