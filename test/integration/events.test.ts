import { afterAll, beforeAll, expect, test } from "vitest";
import { serverSentEvents } from "../support/workspace-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
});
afterAll(() => workspace[Symbol.asyncDispose]());

interface Event {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Events until one fulfils `isLast`, that one included. */
async function eventsUntil(isLast: (event: Event) => boolean, begin?: () => Promise<unknown>): Promise<Event[]> {
  const leaving = new AbortController();
  const response = await fetch(`${workspace.url}/events`, { headers: authorized, signal: leaving.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("x-accel-buffering")).toBe("no");
  const events: Event[] = [];
  const began = begin?.();
  for await (const event of serverSentEvents(response)) {
    events.push(event);
    if (isLast(event)) break;
  }
  await began;
  leaving.abort();
  return events;
}

test("a turn is told as running, the user's message, a growing agent message, stable", async () => {
  await workspace.ask("before anybody listens");
  let stable = 0;
  const events = await eventsUntil(
    ({ data }) => data["status"] === "stable" && ++stable === 2,
    () => workspace.prompt("#model: stream 20 chunks every 5ms"),
  );

  const snapshot = events.slice(0, 4);
  expect(snapshot.map(({ event, data }) => [event, data["id"] ?? data["status"]])).toEqual([
    ["message_update", 0],
    ["message_update", 1],
    ["message_update", 2],
    ["status_change", "stable"],
  ]);
  expect(snapshot[1]?.data).toMatchObject({ role: "user", message: "before anybody listens" });
  expect(snapshot[3]?.data).toEqual({ status: "stable", agent_type: "codex" });

  const live = events.slice(4);
  expect(live[0]).toEqual({ event: "status_change", data: { status: "running", agent_type: "codex" } });
  expect(live[1]).toMatchObject({ event: "message_update", data: { id: 3, role: "user" } });
  const growing = live.slice(2, -1).map(({ data }) => data);
  expect(growing.length).toBeGreaterThan(5);
  expect(growing.every(({ id, role }) => id === 4 && role === "agent")).toBe(true);
  const texts = growing.map(({ message }) => String(message));
  expect(texts.every((text, index) => text.startsWith(texts[index - 1] ?? ""))).toBe(true);
  expect(texts.at(-1)).toBe((await workspace.messages())[4]?.content);
});

test("whoever connects later gets what is there, in order, once", async () => {
  const events = await eventsUntil(({ event }) => event === "status_change");
  const messages = await workspace.messages();
  expect(events.slice(0, -1).map(({ data }) => data)).toEqual(
    messages.map(({ id, role, content, time }) => ({ id, role, message: content, time })),
  );
});

test("an event stays below 128 KiB, with the message's beginning and end; GET /messages has the whole", async () => {
  const prompt = `first ${'"'.repeat(150_000)} last`;
  await workspace.ask(prompt);
  const frames: string[] = [];
  const response = await fetch(`${workspace.url}/events`, { headers: authorized, signal: AbortSignal.timeout(10_000) });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes("status_change")) break;
  }
  frames.push(...text.split("\n\n"));
  expect(Math.max(...frames.map((frame) => Buffer.byteLength(frame)))).toBeLessThan(128 * 1024);
  expect(Math.max(...frames.map((frame) => Buffer.byteLength(frame)))).toBeGreaterThan(120 * 1024);
  const told = frames
    .filter((frame) => frame.startsWith("event: message_update"))
    .map((frame) => (JSON.parse(frame.split("data: ")[1]!) as { message: string }).message)
    .slice(-2);
  expect(told[0]).toMatch(/^first "+\n\n\[… \d+ characters are left out here: GET \/messages has .* …\]\n\n"+ last$/);
  expect(told[1]).toMatch(/^Echo: first "+\n\n\[… \d+ characters .*\]\n\n"+ last$/);
  expect((await workspace.messages()).slice(-2).map(({ content }) => content)).toEqual([prompt, `Echo: ${prompt}`]);
});

test("a reader that stops reading delays nobody", async () => {
  const leaving = new AbortController();
  const stuck = await fetch(`${workspace.url}/events`, { headers: authorized, signal: leaving.signal });
  expect(stuck.status).toBe(200);
  const prompt = "y".repeat(200_000);
  for (let turn = 0; turn < 3; turn++) expect(await workspace.ask(prompt)).toBe(`Echo: ${prompt}`);
  leaving.abort();
});
