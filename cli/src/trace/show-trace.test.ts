import { expect, test } from "vitest";
import type { TracedRequest } from "./read-trace.ts";
import { TraceTable } from "./show-trace.ts";

const carried: TracedRequest = {
  gateway: "egress-proxy",
  time: 1770000000.042,
  host: "registry.npmjs.org",
  port: 443,
  method: "CONNECT",
  decision: "allowed",
  rule: "preset:npm",
  sentBytes: 999,
  receivedBytes: 1_234_567,
  seconds: 1.255,
};

test("requests stand below one another, and a denied or failed one says what to do", () => {
  const known: TracedRequest[] = [
    carried,
    { ...carried, host: "a.test", port: 8443, decision: "denied", rule: "none", receivedBytes: 0 },
    { ...carried, gateway: "model-gateway", host: "", port: 0, method: "GET", decision: "denied", rule: "none" },
    { ...carried, host: "models.example.com", method: "POST", rule: "model", sentBytes: 52_685, seconds: 3725 },
    { ...carried, host: "gone.test", decision: "failed", failure: "name-not-found", rule: "allow:gone.test" },
  ];
  const table = new TraceTable(known);
  expect([table.header(), ...known.map((request) => table.row(request))]).toEqual([
    "TIME                  DECISION  METHOD     SENT  RECEIVED  SECONDS  HOST                    RULE",
    "2026-02-02T02:40:00Z  allowed   CONNECT   999 B    1.2 MB     1.25  registry.npmjs.org:443  preset:npm",
    '2026-02-02T02:40:00Z  denied    CONNECT   999 B       0 B     1.25  a.test:8443             none: add "a.test:8443" to network.allow',
    "2026-02-02T02:40:00Z  denied    GET       999 B    1.2 MB     1.25  model-gateway           none",
    "2026-02-02T02:40:00Z  allowed   POST    52.7 kB    1.2 MB     3725  models.example.com:443  model",
    "2026-02-02T02:40:00Z  failed    CONNECT   999 B    1.2 MB     1.25  gone.test:443           allow:gone.test, name-not-found: check the host's name and the DNS of the Docker host",
  ]);
});

test("the column of hosts is as wide as the widest, and gets wider with what comes later", () => {
  const long = { ...carried, host: "a-name.of-a-registry.example.com" };
  const longer = { ...carried, host: "a-longer-name.of-a-registry.example.com" };
  const table = new TraceTable([carried, long]);
  const column = (request: TracedRequest): number => table.row(request).indexOf("preset:npm");
  const first = column(carried);
  expect(column(long)).toBe(first);
  expect(column(longer)).toBe(first + "longer-".length);
  expect(column(carried)).toBe(column(longer));
});
