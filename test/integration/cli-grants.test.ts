import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { spawn } from "node-pty";
import { startScriptedModel } from "@codex-workspace/scripted-model";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CliRun, cliProgram, ended, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace-http.ts";

const key = "sk-0123456789-of-the-upstream";
/** What an upstream says of a key is not to be repeated. */
const body = "the key sk-0123456789-of-the-upstream, your account 4711";
/** Where no keychain answers, whatever this machine has. */
const withoutKeychain = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" };

let cli: TestCli;
let upstream: Server;
let status: number;
let arrived: { readonly path: string | undefined; readonly authorization: string | undefined }[];
let onArrival: () => Promise<void>;

beforeEach(async () => {
  cli = await TestCli.create("local");
  status = 200;
  arrived = [];
  onArrival = () => Promise.resolve();
  upstream = createServer((request, response) => {
    arrived.push({ path: request.url, authorization: request.headers.authorization });
    void onArrival().then(() => response.writeHead(status, { location: "/elsewhere" }).end(body));
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
});
afterEach(async () => {
  upstream.close();
  await cli[Symbol.asyncDispose]();
});

const baseUrl = (): string => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

function grant(args: readonly string[], { env = {}, input = "" } = {}): Promise<CliRun> {
  return cli.run(["grant", ...args], { env: { ...withoutKeychain, ...env }, input });
}

async function granted(): Promise<unknown[]> {
  return (await cli.json(["grant", "list"], { env: withoutKeychain }))["grants"] as unknown[];
}

/** Everything that the command line has written. */
async function state(): Promise<string> {
  const entries = await readdir(cli.directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}

describe.each([
  ["openai", "/v1", "/v1/models"],
  ["openai", "", "/v1/models"],
  ["github", "/api/v3", "/api/v3/user"],
])("grant %s", (name, base, path) => {
  test.each([
    [200, 0, undefined, /^$|no keychain/],
    [429, 0, undefined, /warning: .*limits.*HTTP 429.*valid/],
    [401, 2, "GRANT_REFUSED", /invalid \(HTTP 401\)/],
    [403, 2, "GRANT_REFUSED", /lacks permission \(HTTP 403/],
    [500, 1, "GRANT_UNVERIFIED", /API error: .*HTTP 500/],
    [302, 1, "GRANT_UNVERIFIED", /API error: .*HTTP 302/],
  ])(`of ${base || "/"}: HTTP %i exits with %i`, async (answer, code, error, said) => {
    status = answer;
    const run = await grant([name, "--base-url", baseUrl() + base, "--stdin", "--json"], { input: `${key}\n` });

    expect(arrived).toEqual([{ path, authorization: `Bearer ${key}` }]);
    expect(run.code).toBe(code);
    expect(run.stderr).toMatch(said);
    const printed = JSON.parse(run.stdout) as { error?: { code: string } };
    expect(printed.error?.code).toBe(error);
    expect(await granted()).toHaveLength(code === 0 ? 1 : 0);
    for (const text of [run.stdout, run.stderr, await state()]) {
      expect(text).not.toContain(key);
      expect(text).not.toContain("4711");
    }
  });
});

test("the key is in no process's arguments while it is tried", async () => {
  let commandLine = "";
  const child = cli.start(["grant", "openai", "--base-url", baseUrl()], {
    env: { ...withoutKeychain, OPENAI_API_KEY: key },
  });
  onArrival = async () => {
    commandLine = await readFile(`/proc/${String(child.pid)}/cmdline`, "utf8");
  };
  const { code, stdout } = await ended(child);

  expect(code).toBe(0);
  expect(stdout).toContain("OPENAI_API_KEY");
  expect(commandLine).toContain(baseUrl());
  expect(commandLine).not.toContain(key);
});

test.each(["environment", "standard input"])(
  "a key of %s that does not begin with sk- is sent to nobody",
  async (from) => {
    const other = "AIza-of-another-provider";
    const given = from === "environment" ? { env: { OPENAI_API_KEY: other } } : { input: other };
    const args = ["openai", "--base-url", baseUrl(), ...(from === "environment" ? [] : ["--stdin"])];
    const refused = await grant(args, given);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/does not begin with sk-/);
    expect(refused.stderr).not.toContain(other);
    expect(arrived).toEqual([]);

    expect(await grant([...args, "--any-key-shape"], given)).toMatchObject({ code: 0 });
    expect(arrived).toEqual([{ path: "/v1/models", authorization: `Bearer ${other}` }]);
  },
);

test("what is no bearer token, an address in clear and an upstream that is not there are errors", async () => {
  const spaced = await grant(["openai", "--base-url", baseUrl(), "--stdin"], { input: `${key} ${key}` });
  expect(spaced).toMatchObject({ code: 2, stderr: expect.stringContaining("white space") as string });
  const clear = await grant(["openai", "--base-url", "http://models.example.com/v1", "--stdin"], { input: key });
  expect(clear).toMatchObject({ code: 2, stderr: expect.stringContaining("https") as string });
  const gone = await grant(["openai", "--base-url", "http://127.0.0.1:9", "--stdin"], { input: key });
  expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("ECONNREFUSED") as string });
  const none = await grant(["openai", "--base-url", baseUrl()]);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("OPENAI_API_KEY is not set") as string });

  expect(arrived).toEqual([]);
  for (const { stdout, stderr } of [spaced, clear, gone]) expect(stdout + stderr).not.toContain(key);
  expect(await granted()).toEqual([]);
});

test("https goes through the environment's proxy, which sees the host and not the key", async () => {
  const asked: string[] = [];
  const proxy = createServer().listen(0, "127.0.0.1");
  proxy.on("connect", (request, socket) => {
    asked.push(`CONNECT ${String(request.url)} ${JSON.stringify(request.headers)}`);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await once(proxy, "listening");
  const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, OPENAI_API_KEY: key };
  try {
    const args = ["openai", "--base-url", "https://127.0.0.1:9/v1"];
    expect(await grant(args, { env })).toMatchObject({ code: 1 });
    expect(asked).toEqual([expect.stringMatching(/^CONNECT 127\.0\.0\.1:9 /)]);
    expect(asked.join()).not.toContain(key);

    expect(await grant(args, { env: { ...env, NO_PROXY: "127.0.0.1" } })).toMatchObject({ code: 1 });
    expect(asked).toHaveLength(1);
  } finally {
    proxy.close();
  }
});

test("the token of GitHub is GITHUB_TOKEN, else GH_TOKEN, else what gh is logged in with for that host", async () => {
  await mkdir(cli.path("bin"));
  await writeFile(
    cli.path("bin", "gh"),
    '#!/bin/sh\n[ "$1 $2 $3" = "auth token --hostname" ] && echo "gho_${4##*:}"\n',
  );
  await chmod(cli.path("bin", "gh"), 0o755);
  const env = {
    PATH: `${cli.path("bin")}${delimiter}${cli.env["PATH"] ?? ""}`,
    GITHUB_TOKEN: "ghp_1",
    GH_TOKEN: "ghp_2",
  };
  const args = ["github", "--base-url", baseUrl()];

  for (const variables of [env, { ...env, GITHUB_TOKEN: "" }, { ...env, GITHUB_TOKEN: "", GH_TOKEN: "" }]) {
    expect(await grant(args, { env: variables })).toMatchObject({ code: 0 });
  }

  const { port } = new URL(baseUrl());
  const sent = ["ghp_1", "ghp_2", `gho_${port}`].map((token) => `Bearer ${token}`);
  expect(arrived.map(({ authorization }) => authorization)).toEqual(sent);
});

test("at a terminal the key is asked for and not shown; Ctrl-C stores nothing", async () => {
  const shows = (typed: string): Promise<{ screen: string; code: number }> => {
    const env = { ...cli.env, ...withoutKeychain };
    const args = [cliProgram, "grant", "openai", "--base-url", baseUrl()];
    const terminal = spawn(process.execPath, args, { cwd: cli.directory, env, cols: 200, rows: 20 });
    let screen = "";
    let asked = false;
    terminal.onData((data) => {
      screen += data;
      if (asked || !screen.includes("not shown")) return;
      asked = true;
      terminal.write(typed);
    });
    return new Promise((resolve) => terminal.onExit(({ exitCode }) => resolve({ screen, code: exitCode })));
  };

  const given = await shows(`${key}X\u007f\r`);
  expect(given).toMatchObject({ code: 0, screen: expect.stringContaining("the key of the terminal") as string });
  expect(given.screen).not.toContain(key.slice(0, 8));
  expect(arrived).toEqual([{ path: "/v1/models", authorization: `Bearer ${key}` }]);

  expect(await shows(`${key}\u0003`)).toMatchObject({ code: 130 });
  expect(arrived).toHaveLength(1);
});

test("a bearer is for one host, profiles are apart, and what is revoked is gone", async () => {
  const input = "token-of-packages";
  expect(await grant(["packages", "--host", "NPM.example.com", "--stdin"], { input })).toMatchObject({ code: 0 });
  expect(
    await grant(["bearer", "packages", "--host", "npm.example.com:8443", "--stdin", "--profile", "work"], { input }),
  ).toMatchObject({ code: 0 });
  const packages = { name: "packages", kind: "bearer", grantedAt: expect.any(String) as string };
  expect(await granted()).toEqual([
    { ...packages, profile: "default", host: "npm.example.com" },
    { ...packages, profile: "work", host: "npm.example.com:8443" },
  ]);
  expect((await grant(["list"])).stdout).toContain(cli.path("state", "grants", "key"));
  expect(await state()).not.toContain(input);

  for (const host of [
    "*.example.com",
    "https://npm.example.com",
    "npm.example.com/x",
    "a@npm.example.com",
    "127.1",
    "",
  ]) {
    expect(await grant(["other", "--host", host, "--stdin"], { input })).toMatchObject({ code: 2 });
  }
  for (const name of ["../x", "a/b", "a\\b", "openai"]) {
    expect(await grant(["bearer", name, "--host", "a.test", "--stdin"], { input })).toMatchObject({ code: 2 });
  }

  const revoke = (...args: string[]): Promise<CliRun> => cli.run(["revoke", ...args]);
  expect(await revoke("packages", "--profile", "none")).toMatchObject({ code: 2 });
  expect(await revoke("../default/packages")).toMatchObject({ code: 2 });
  expect(await revoke("packages")).toMatchObject({ code: 0 });
  expect(await granted()).toEqual([{ ...packages, profile: "work", host: "npm.example.com:8443" }]);
});

test("up takes the grant openai, of the environment too, to the model provider; with the local engine it is not kept", async () => {
  await using model = await startScriptedModel({ apiKey: key });
  const spec = { modelProvider: { baseUrl: `http://127.0.0.1:${model.port}/v1` } };
  await writeFile(cli.path("spec.json"), JSON.stringify(spec));
  const args = ["app", "--spec", "spec.json", "--grant", "openai"];
  const run = (env: Record<string, string>, ...more: readonly string[]): Promise<CliRun> =>
    cli.run(["up", ...args, "--engine", "local", "--port", "0", ...more], { env: { ...withoutKeychain, ...env } });

  const refused = await run({ OPENAI_API_KEY: key });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("--accept-no-isolation") as string });
  expect(refused.stderr).toContain("grants: cannot be kept from the agent");
  expect(await run({}, "--accept-no-isolation")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no grant "openai"') as string,
  });
  const wrong = await run({ OPENAI_API_KEY: "sk-wrong" }, "--accept-no-isolation");
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("invalid (HTTP 401)") as string });
  expect(await cli.names()).toEqual([]);

  const env = { ...withoutKeychain, OPENAI_API_KEY: key };
  await cli.up([...args, "--accept-no-isolation"], { env });
  const { stdout } = await cli.run(["send", "#model: say granted"]);
  expect(stdout).toContain("granted");
});

test("Ctrl-C while the provider thinks ends it, and stores nothing", async () => {
  onArrival = () => new Promise(() => undefined);
  const child = cli.start(["grant", "openai", "--base-url", baseUrl()], {
    env: { ...withoutKeychain, OPENAI_API_KEY: key },
  });
  const end = ended(child);
  await until(() => arrived.length === 1, "the provider to be asked");
  child.kill("SIGINT");

  expect(await end).toMatchObject({ code: 130 });
  upstream.closeAllConnections();
  expect(await granted()).toEqual([]);
});
