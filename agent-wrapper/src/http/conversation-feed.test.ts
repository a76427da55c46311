import { EventEmitter, once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Conversation, type Message } from "../session/conversation.ts";
import type { Session } from "../session/session.ts";
import { ConversationFeed } from "./conversation-feed.ts";

/** The part of a session that a feed reads; its conversation is the real one. */
class Talk extends EventEmitter {
  acceptsPrompts = true;
  readonly #conversation = new Conversation(new Date(), (message) => this.emit("message", message));

  get messages(): readonly Message[] {
    return this.#conversation.messages;
  }

  say(turn: number, text: string): void {
    this.#conversation.agentDelta(`t${turn}`, `i${turn}`, text, new Date());
  }

  ask(turn: number, text: string): void {
    const content = [{ type: "text", text }];
    this.#conversation.itemChanged({ type: "userMessage", id: `u${turn}`, content }, `t${turn}`, new Date());
  }

  works(isBusy: boolean): void {
    this.acceptsPrompts = !isBusy;
    this.emit("status");
  }
}

let talk: Talk;
let url: string;
const server = createServer((_request, response) => {
  new ConversationFeed(talk as unknown as Session, response);
});
beforeEach(async () => {
  talk = new Talk();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const open = async (): Promise<IncomingMessage> => ((await once(get(url), "response")) as [IncomingMessage])[0];

interface Told {
  readonly id?: number;
  readonly message?: string;
  readonly status?: string;
}

/** Events until one is the last, or until the stream ends. */
async function readOn(response: IncomingMessage, isLast: (told: Told) => boolean, told: Told[] = []): Promise<Told[]> {
  let rest = "";
  response.setEncoding("utf8");
  try {
    for await (const part of response) {
      const blocks = (rest + (part as string)).split("\n\n");
      rest = blocks.pop() ?? "";
      told.push(...blocks.map((block) => JSON.parse(block.slice(block.indexOf("data: ") + 6)) as Told));
      if (told.some(isLast)) break;
    }
  } catch {
    return told;
  }
  return told;
}

const text = "t".repeat(120_000);
const words = (told: readonly Told[]): unknown[] => told.map(({ id, status }) => status ?? id);

test("changes during a slow snapshot come in order: each message once, then the status, then what is live", async () => {
  for (let turn = 0; turn < 300; turn++) {
    talk.ask(turn, "q");
    talk.say(turn, text);
  }
  const response = await open();
  talk.works(true);
  talk.ask(300, "new");
  for (const piece of ["a", "b", "c"]) talk.say(300, piece);
  talk.works(false);
  const snapshot = talk.messages.length;
  const told: Told[] = [];
  const reading = readOn(response, ({ message }) => message === "live", told);
  while (told.at(-1)?.status === undefined) await new Promise(setImmediate);
  talk.works(true);
  talk.ask(301, "live");
  await reading;
  const ids = words(told).filter((word) => typeof word === "number");
  expect(ids).toEqual(Array.from({ length: snapshot + 1 }, (_, id) => id));
  expect(told.find(({ id }) => id === 602)?.message).toBe("abc");
});

test("a reader with more than 8 MiB of live events pending is cut, and one that reads on is not", async () => {
  const silent = await open();
  const fast = await open();
  const told: Told[] = [];
  const reading = readOn(fast, ({ status }) => status === "running", told);
  for (let turn = 0; turn < 200; turn++) {
    talk.ask(turn, "q");
    talk.say(turn, text);
    // The fast reader has read this turn before the next.
    while (told.at(-1)?.id !== talk.messages.length - 1) await new Promise(setImmediate);
  }
  talk.works(true);
  await reading;
  expect(words(told)).toEqual([0, "stable", ...Array.from({ length: 400 }, (_, index) => index + 1), "running"]);
  expect(words(await readOn(silent, ({ status }) => status === "running"))).not.toContain("running");
});

test("a reader that is behind gets the newest state of a growing message, then the status", async () => {
  const response = await open();
  const told: Told[] = [];
  talk.works(true);
  talk.ask(0, "q");
  // 25 MiB of states in one tick.
  for (let piece = 0; piece < 500; piece++) talk.say(0, "g".repeat(200));
  talk.works(false);
  await readOn(response, () => told.filter(({ status }) => status === "stable").length === 2, told);
  expect(words(told).slice(0, 4)).toEqual([0, "stable", "running", 1]);
  const states = told.filter(({ id }) => id === 2);
  expect(states.length).toBeLessThan(100);
  expect(states.at(-1)?.message === talk.messages[2]?.content).toBe(true);
  expect(told.at(-1)?.status).toBe("stable");
});

test("the snapshot has no limit: a reader that pauses in it is not cut by its length", async () => {
  for (let turn = 0; turn < 300; turn++) {
    talk.ask(turn, "q");
    talk.say(turn, text);
  }
  const response = await open();
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  const told = await readOn(response, ({ status }) => status === "stable");
  expect(words(told)).toEqual([...Array.from({ length: 601 }, (_, id) => id), "stable"]);
});
