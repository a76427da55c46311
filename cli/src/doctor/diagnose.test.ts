import { expect, test } from "vitest";
import { localWarnings } from "../engines/local/nothing-isolated.ts";
import { diagnose, type Finding } from "./diagnose.ts";
import type { Facts } from "./facts.ts";

const healthy: Facts = {
  engine: "auto",
  nodeVersion: "24.1.0",
  isRoot: false,
  hasNpm: true,
  version: "0.1.0",
  codex: { version: "0.169.0", pin: "0.169.0", install: true, isHere: true },
  specFault: undefined,
  notTrusted: undefined,
  localFault: undefined,
  networkMode: "restricted",
  docker: {
    state: "answers",
    version: "20.10.24+dfsg1",
    osType: "linux",
    securityOptions: ["name=seccomp,profile=default"],
    portExposure: undefined,
  },
  hasBubblewrap: true,
  userNamespaces: { max: 100, unprivilegedClone: 1, appArmorRestricts: undefined },
  sandbox: { state: "working" },
  port: { port: 3284, state: "free", owner: undefined },
  disks: [{ path: "/home", purpose: "Codex", freeBytes: 20 * 2 ** 30 }],
  model: {
    kind: "provider",
    baseUrl: "https://api.openai.com/v1",
    key: { state: "present", from: "OPENAI_API_KEY", shapeFault: undefined },
    network: { state: "answers", httpStatus: 401 },
  },
};
const unreachable = {
  state: "unreachable",
  namedBy: undefined,
  message: "Docker did not answer",
  remedy: "Start it.",
} as const;

/** What is wrong, as `check: level`. */
function faultsOf(facts: Partial<Facts>): string[] {
  return diagnose({ ...healthy, ...facts })
    .filter(({ level }) => level !== "ok")
    .map(({ check, level }) => `${check}: ${level}`);
}

test("on a healthy machine every line is ok", () => {
  const findings = diagnose(healthy);
  expect(findings.map(({ check }) => check)).toEqual([
    "node",
    "codex",
    "docker",
    "seccomp",
    "isolation",
    "isolation",
    "user namespaces",
    "sandbox",
    "port",
    "disk",
    "key",
    "network",
  ]);
  expect(findings.map(({ level }) => level)).toEqual(findings.map(() => "ok"));
});

test.each<[string, Partial<Facts>, string[]]>([
  ["a spec that is not trusted", { notTrusted: { message: "asks", remedy: "Trust it." } }, ["trust: warn"]],
  ["a spec that cannot be used", { specFault: { message: "unknown key", remedy: "Correct it." } }, ["spec: fail"]],
  ["a spec for containers, with Docker", { localFault: { message: "image", remedy: "Remove it." } }, []],
  [
    "a spec for containers, without Docker",
    { localFault: { message: "image", remedy: "Remove it." }, engine: "local" },
    ["spec: fail", "isolation: warn"],
  ],
  ["an open network", { networkMode: "open" }, ["isolation: warn"]],
  [
    "an open network, which the local engine always is",
    { networkMode: "open", docker: undefined, engine: "local" },
    ["isolation: warn"],
  ],
  ["no npm, Codex here", { hasNpm: false }, []],
  ["no npm, no Codex", { hasNpm: false, codex: { ...healthy.codex, isHere: false } }, ["node: warn"]],
  [
    "no Codex of its own, and none to be installed",
    { codex: { ...healthy.codex, install: false, isHere: false } },
    ["codex: fail"],
  ],
  ["another Codex", { codex: { ...healthy.codex, version: "0.155.0" } }, ["codex: warn"]],
  ["no Docker, nobody wants it", { docker: unreachable }, ["docker: warn", "isolation: warn"]],
  ["no Docker, asked for", { docker: unreachable, engine: "docker" }, ["docker: fail"]],
  [
    "no Docker where DOCKER_HOST says",
    { docker: { ...unreachable, namedBy: "DOCKER_HOST" } },
    ["docker: fail", "isolation: warn"],
  ],
  ["Docker too old", { docker: { ...healthy.docker, version: "19.3.1" } as Facts["docker"] }, ["docker: fail"]],
  [
    "an engine that exposes published ports",
    { docker: { ...healthy.docker, portExposure: { message: "old", remedy: "Update." } } as Facts["docker"] },
    ["published ports: warn"],
  ],
  ["Windows containers", { docker: { ...healthy.docker, osType: "windows" } as Facts["docker"] }, ["docker: fail"]],
  ["no seccomp", { docker: { ...healthy.docker, securityOptions: [] } as Facts["docker"] }, ["seccomp: warn"]],
  ["no bubblewrap", { hasBubblewrap: false }, ["bubblewrap: warn"]],
  ["the default port is another program's", { port: { port: 3284, state: "replaceable", owner: "process 7" } }, []],
  ["sandbox untried", { sandbox: { state: "untried" } }, ["sandbox: warn"]],
  ["sandbox blocked, containers", { sandbox: { state: "blocked", reason: "bwrap" } }, ["sandbox: warn"]],
  [
    "sandbox blocked, local",
    { sandbox: { state: "blocked", reason: "bwrap" }, engine: "local" },
    ["isolation: warn", "sandbox: fail"],
  ],
  ["port taken", { port: { port: 3284, state: "taken", owner: "process 7" } }, ["port: fail"]],
  ["port of this workspace", { port: { port: 3284, state: "ours", owner: "process 7" } }, []],
  ["little room", { disks: [{ path: "/", purpose: "x", freeBytes: 2 * 2 ** 30 }] }, ["disk: warn"]],
  ["no room", { disks: [{ path: "/", purpose: "x", freeBytes: 2 ** 20 }] }, ["disk: fail"]],
  ["no model", { model: { kind: "demo", why: "no key" } }, ["model: warn"]],
])("%s", (_, facts, faults) => {
  expect(faultsOf(facts)).toEqual(faults);
});

test("user namespaces that the kernel refuses fail only where the local engine needs them and Codex cannot do without", () => {
  const userNamespaces = { max: 0, unprivilegedClone: 0, appArmorRestricts: 1 };
  const blocked = { state: "blocked", reason: "bwrap" } as const;
  expect(faultsOf({ userNamespaces, sandbox: blocked, engine: "local" })).toEqual([
    "isolation: warn",
    "user namespaces: fail",
    "user namespaces: fail",
    "user namespaces: fail",
    "sandbox: fail",
  ]);
  expect(faultsOf({ userNamespaces: { ...userNamespaces, max: 9, unprivilegedClone: 1 }, engine: "local" })).toEqual([
    "isolation: warn",
    "user namespaces: warn",
  ]);
});

test("what holds the agent is said of each engine that is in question", () => {
  const said = (facts: Partial<Facts>): string[] =>
    diagnose({ ...healthy, ...facts })
      .filter(({ check }) => check === "isolation")
      .map(({ level, message }) => `${level} ${message.split(":")[0] ?? ""}`);
  expect(said({})).toEqual(["ok docker", "ok local"]);
  expect(said({ engine: "docker" })).toEqual(["ok docker"]);
  expect(said({ engine: "docker", docker: unreachable })).toEqual([]);
  expect(said({ engine: "local", docker: undefined })).toEqual(["warn local"]);
  expect(said({ docker: unreachable })).toEqual(["warn local"]);
  expect(said({ networkMode: "open" })).toEqual(["warn docker", "ok local"]);
});

test("a missing key and a silent provider fail; a proxy that we did not use leaves it open", () => {
  const provider = healthy.model as Extract<Facts["model"], { kind: "provider" }>;
  const key = { state: "missing", message: "OPENAI_API_KEY is not set", remedy: "Set it." } as const;
  const silent = { state: "silent", reason: "refused", viaProxy: false } as const;
  expect(faultsOf({ model: { ...provider, key } })).toEqual(["key: fail"]);
  expect(faultsOf({ model: { ...provider, key: { state: "none" } } })).toEqual([]);
  expect(faultsOf({ model: { ...provider, network: silent } })).toEqual(["network: fail"]);
  expect(faultsOf({ model: { ...provider, network: { ...silent, viaProxy: true } } })).toEqual(["network: warn"]);
});

test("whatever is not ok has a remedy", () => {
  const facts: Facts = {
    ...healthy,
    engine: "local",
    hasNpm: false,
    codex: { ...healthy.codex, version: "0.1.0", isHere: false },
    docker: unreachable,
    userNamespaces: { max: 0, unprivilegedClone: 0, appArmorRestricts: 1 },
    sandbox: { state: "blocked", reason: "bwrap" },
    port: { port: 1, state: "taken", owner: undefined },
    disks: [{ path: "/", purpose: "x", freeBytes: 0 }],
    model: { kind: "demo", why: "no key" },
  };
  const faults: Finding[] = diagnose(facts).filter(({ level }) => level !== "ok");
  expect(faults).toHaveLength(11);
  for (const { remedy } of faults) expect(remedy).toMatch(/\S{3}/);
});

test("root is warned of what the local engine hands over", () => {
  const local = (isRoot: boolean): string =>
    diagnose({ ...healthy, engine: "local", docker: undefined, isRoot }).find(({ check }) => check === "isolation")!
      .message;
  expect(local(true)).toContain("this user is root: a command that leaves the sandbox has the whole machine");
  expect(local(false)).not.toContain("root");
  expect(localWarnings(true)).toEqual([expect.stringContaining("Run the local engine as another user")]);
  expect(localWarnings(false)).toEqual([]);
  expect(localWarnings(false, false)).toEqual([expect.stringContaining("apt-get install bubblewrap")]);
});
