import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { followTrace, type Gateway, type GatewayLogs, readTrace, type TracedRequest } from "./read-trace.ts";

function line(time: number, host: string, decision = "allowed"): string {
  const rule = decision === "allowed" ? `allow:${host}` : "none";
  const entry = { time, host, port: "443", method: "CONNECT", decision, rule };
  return `${JSON.stringify({ ...entry, sentBytes: 1, receivedBytes: 2, seconds: 0.5 })}\n`;
}

/** A log in parts that are no lines. */
async function* log(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of texts.join("").match(/[^]{1,40}/g) ?? []) yield await Promise.resolve(Buffer.from(part));
}

const shown = ({ time, gateway, host }: TracedRequest): string => `${time} ${gateway} ${host}`;

test("what both gateways carried is put together by time; what they log beside it is left out", async () => {
  const logs: GatewayLogs = new Map([
    ["model-gateway", log(line(1, "ä.test"), "2026/01/01 [crit] 9#9: no such file\n", line(4, "ä.test"))],
    ["egress-proxy", log("Starting Squid\n", line(2, "b.test"), line(3, "c.test"), line(5, "cut.test").slice(0, -9))],
  ]);

  expect((await readTrace(logs)).map(shown)).toEqual([
    "1 model-gateway ä.test",
    "2 egress-proxy b.test",
    "3 egress-proxy c.test",
    "4 model-gateway ä.test",
  ]);
});

test("followed, what is known is not told again, and what comes is told when it comes, from whichever gateway", async () => {
  const past = [line(1, "same.test"), line(1, "same.test"), line(2, "b.test")];
  const known = await readTrace(new Map([["egress-proxy", log(...past)]]));
  const live = { "model-gateway": new PassThrough(), "egress-proxy": new PassThrough() };
  const following = followTrace(new Map(Object.entries(live)) as GatewayLogs, known);
  const next = async (): Promise<string | undefined> => {
    const { done, value } = await following.next();
    return done === true ? undefined : shown(value);
  };

  live["egress-proxy"].write([...past, line(1, "same.test")].join(""));
  expect(await next()).toBe("1 egress-proxy same.test");
  live["model-gateway"].write(line(3, "model.test"));
  expect(await next()).toBe("3 model-gateway model.test");
  live["model-gateway"].end();
  live["egress-proxy"].end(line(2, "b.test"));
  expect(await next()).toBe("2 egress-proxy b.test");
  expect(await next()).toBeUndefined();
});

test("a log that cannot be read ends it with that failure", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from(line(1, "a.test")));
    throw new Error("Docker went away");
  }
  const logs: GatewayLogs = new Map<Gateway, AsyncIterable<Uint8Array>>([
    ["model-gateway", broken()],
    ["egress-proxy", new PassThrough()],
  ]);
  await expect(readTrace(logs)).rejects.toThrow("Docker went away");
});
