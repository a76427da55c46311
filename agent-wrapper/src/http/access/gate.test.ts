import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { ask } from "../call.ts";
import type { KnownToken } from "./caller.ts";
import { type AccessRules, Gate } from "./gate.ts";

const tokenOf = (name: string, value: string): KnownToken => ({
  name,
  sha256: createHash("sha256").update(value).digest("hex"),
  scopes: ["read", "prompt"],
});
const known = [tokenOf("ci", "ci-token"), tokenOf("page", "page-token")];

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

/** What asks a server with such limits, as whoever has a token. */
async function serve(
  limits: AccessRules["limits"],
): Promise<(path: string, token: string, init?: RequestInit) => Promise<globalThis.Response>> {
  const gate = new Gate({ hosts: ["127.0.0.1"], origins: [], auth: "token", limits }, () => known);
  const server = createServer((request, response) => {
    const call = gate.admit(ask(request), response);
    if (call === undefined) return;
    if (call.operation.stays === "events") response.writeHead(200).flushHeaders();
    else response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (path, token, init = {}) => fetch(url + path, { ...init, headers: { authorization: `Bearer ${token}` } });
}

test("a token holds so many streams open; one that ends makes room, and another token has its own", async () => {
  const ask = await serve({ changesPerMinute: 1_000, streams: 2 });
  const leaving = new AbortController();
  await ask("/events", "ci-token", { signal: leaving.signal });
  await ask("/events", "ci-token");

  const refused = await ask("/events", "ci-token");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
  expect(await refused.json()).toMatchObject({ code: "TOO_MANY_STREAMS" });
  expect((await ask("/events", "page-token")).status).toBe(200);

  leaving.abort();
  await vi.waitFor(async () => expect((await ask("/events", "ci-token")).status).toBe(200));
});

test("a token changes something so often within a minute, reads as often as it likes, and delays no other", async () => {
  const ask = await serve({ changesPerMinute: 2, streams: 2 });
  const post = { method: "POST" };
  await ask("/message", "ci-token", post);
  await ask("/events", "ci-token");

  const refused = await ask("/message", "ci-token", post);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: "TOO_MANY_REQUESTS" });
  expect((await ask("/events", "ci-token")).status).toBe(429);

  for (let count = 0; count < 5; count++) expect((await ask("/status", "ci-token")).status).toBe(200);
  expect((await ask("/message", "page-token", post)).status).toBe(200);
});
