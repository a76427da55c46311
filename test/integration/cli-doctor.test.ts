import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";

let cli: TestCli;
let provider: Server;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
  provider = createServer((request, response) => {
    response.writeHead(request.headers.authorization === undefined ? 401 : 500).end();
  }).listen(0, "127.0.0.1");
  await once(provider, "listening");
  await spec((provider.address() as AddressInfo).port);
});
afterEach(async () => {
  provider.close();
  await cli[Symbol.asyncDispose]();
});

const spec = (port: number): Promise<void> =>
  writeFile(
    cli.path("app", "codex-workspace.toml"),
    `[modelProvider]\nbaseUrl = "http://127.0.0.1:${port}/v1"\napiKey = { env = "MODELS_KEY" }\n`,
  );

const trust = (): Promise<unknown> => cli.json(["trust", "app"]);

async function doctor(args: readonly string[], env: Record<string, string>): Promise<Record<string, string>> {
  const { code, stdout } = await cli.run(["doctor", "app", "--port", "0", "--json", ...args], { env });
  const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string }[] };
  expect(code).toBe(findings.some(({ level }) => level === "fail") ? 1 : 0);
  return Object.fromEntries(findings.map(({ check, level }) => [check, level]));
}

test("a machine where the local engine works is ok, the key is not sent, and nothing is left behind", async () => {
  await doctor(["--engine", "local"], { MODELS_KEY: "key" });
  expect(existsSync(cli.state)).toBe(false);
  await trust();
  const levels = await doctor(["--engine", "local"], { MODELS_KEY: "key" });

  expect(levels).toMatchObject({ node: "ok", codex: "ok", sandbox: "ok", port: "ok", key: "ok", network: "ok" });
  expect(levels).not.toHaveProperty("docker");
  expect(levels).not.toHaveProperty("trust");
});

test("without its Docker, its key and its provider it fails, and says of each what to do", async () => {
  provider.close();
  await trust();
  const levels = await doctor([], { DOCKER_HOST: "tcp://127.0.0.1:9" });
  expect(levels).toMatchObject({ docker: "fail", key: "fail", network: "fail", node: "ok" });

  const { stdout } = await cli.run(["doctor", "app"], { env: { DOCKER_HOST: "tcp://127.0.0.1:9" } });
  expect(stdout).toMatch(
    /^fail {2}docker +Docker did not answer.*\n +→ Correct DOCKER_HOST, or unset it\. .*Install Docker Engine/m,
  );
  expect(stdout).toMatch(/^fail {2}key +.*MODELS_KEY is not set\n +→ /m);
});

test("a spec that cannot be used is one line, and the machine is looked at nevertheless", async () => {
  await writeFile(cli.path("app", "codex-workspace.toml"), "sandbox = 1\n");
  const levels = await doctor(["--engine", "local"], {});
  expect(levels).toMatchObject({ spec: "fail", node: "ok", sandbox: "ok" });
});

test("a spec that is not trusted is said, and its provider is not contacted", async () => {
  let requests = 0;
  provider.on("request", () => (requests += 1));
  expect(await doctor(["--engine", "local"], { MODELS_KEY: "key" })).toMatchObject({ trust: "warn", model: "warn" });
  expect(requests).toBe(0);
  await trust();
  await doctor(["--engine", "local"], { MODELS_KEY: "key" });
  expect(requests).toBe(1);
});
