import { expect, test } from "vitest";
import { Secret } from "../secret.ts";
import { readUpstreamProxy } from "./upstream-proxy.ts";

test.each([
  ["http://proxy.test:3128", "proxy.test", 3128],
  ["http://proxy.test/", "proxy.test", 80],
  ["http://[2001:db8::1]", "2001:db8::1", 80],
])("%s is a host and a port", (url, host, port) => {
  expect(readUpstreamProxy(url)).toEqual({ host, port, credentials: undefined });
});

test("credentials are taken as they are meant, and not shown", () => {
  const proxy = readUpstreamProxy(new Secret("http://me%40corp:p%3Aa%25%20s@proxy.test:3128\n"));
  expect(proxy).toMatchObject({ host: "proxy.test", port: 3128 });
  expect(proxy.credentials?.reveal()).toBe("me@corp:p:a% s");
  expect(JSON.stringify(proxy)).not.toContain("corp");
});

test.each([
  "proxy.test:3128",
  "https://proxy.test",
  "http://me:canary@proxy.test/path",
  "http://me:canary@proxy.test?x",
  "http://me:canary%0Alogin@proxy.test",
  "http://me:canary%zz@proxy.test",
])("%s is refused without being shown", (url) => {
  expect(() => readUpstreamProxy(new Secret(url))).toThrow(
    expect.objectContaining({
      code: "SECRET_INVALID",
      message: "network.upstreamProxy is not the address of an http proxy",
    }) as Error,
  );
});
