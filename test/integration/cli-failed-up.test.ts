import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { createClient, type WorkspaceClient } from "@codex-workspace/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CliRun, ended, TestCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/workspace.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
});
afterEach(() => cli[Symbol.asyncDispose]());

const spec = (text: string): Promise<void> => writeFile(cli.path("app", "codex-workspace.toml"), text);
const tryUp = (...more: readonly string[]): Promise<CliRun> => cli.run(["up", "app", "--trust-spec", ...more]);
const text = (stderr: string): unknown => expect.stringContaining(stderr);

interface Up {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

async function running(): Promise<Up & { readonly client: WorkspaceClient }> {
  const up = (await cli.up(["app"])) as unknown as Up;
  await cli.run(["send", "#model: say remembered"]);
  return { ...up, client: createClient({ baseUrl: up.url, token: up.token }) };
}

const messages = async (): Promise<string> => (await cli.run(["messages"])).stdout;
const status = (): Promise<Record<string, unknown>> => cli.json(["status"]);

describe("an up that fails before the replacement", () => {
  test("leaves the running process and its turn alone", async () => {
    const { client, pid } = await running();
    const turn = ended(cli.start(["send", "#model: hang"]));
    await until(async () => (await client.workspaceStatus()).status === "working", "the turn to run");
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;

    expect(await tryUp("--port", String(port))).toMatchObject({
      code: 1,
      stderr: text(`port ${port} is already used`),
    });
    await spec(`api.port = ${port}\n`);
    expect(await tryUp("--forget")).toMatchObject({ code: 1, stderr: text(`port ${port} is already used`) });
    const other = 'api.origins = ["https://tasks.example.com"]\n';
    await spec(`${other}env.KEY = { env = "NOT_SET" }\n`);
    expect(await tryUp()).toMatchObject({ code: 2, stderr: text("NOT_SET is not set") });
    await spec(`${other}grants = ["openai"]\n`);
    expect(await tryUp("--accept-no-isolation")).toMatchObject({ code: 2, stderr: text('no grant "openai"') });
    await spec(`${other}installCodex = false\ncodexVersion = "0.140.0"\n`);
    expect(await tryUp()).toMatchObject({ code: 1, stderr: text("0.140.0") });
    await spec("sandboxMod = 1\n");
    expect(await tryUp()).toMatchObject({ code: 2, stderr: text("sandboxMode") });
    taken.close();

    expect((await client.workspaceStatus()).status).toBe("working");
    expect(JSON.parse(await readFile(cli.path("state", "workspaces", "app", "record.json"), "utf8"))).toMatchObject({
      told: { port: 0 },
      processes: { workspace: { pid } },
    });
    await spec("");
    await cli.run(["down"]);
    await turn;
  });
});

describe("an up whose replacement fails", () => {
  test.each([
    ["a session that never gets ready", "#!/bin/sh\nexit 3\n", "preInstallScript exited with code 3", []],
    ["a start that takes too long", "#!/bin/sh\nsleep 600\n", "was not ready within 2 s", ["--timeout", "2"]],
  ])("brings the former process back: %s", async (_what, script, said, options) => {
    const { url, token } = await running();
    const sending = cli.start(["send", "#model: hang"]);
    await until(async () => (await status())["status"] === "working", "the turn to run");
    sending.kill("SIGKILL");

    const more = `api.token = { env = "OTHER" }\napi.origins = ["https://tasks.example.com"]\n`;
    await spec(`${more}preInstallScript = ${JSON.stringify(script)}\n`);
    const failed = await cli.run(["up", "app", "--trust-spec", "--port", String(await freePort()), ...options], {
      env: { OTHER: "other-token" },
    });

    expect(failed).toMatchObject({ code: 1, stderr: text(said) });
    expect(failed.stderr).toContain("bringing the former process back");
    const { url: now } = await status();
    expect(failed.stderr).toContain(`"app" runs as before at ${String(now)}`);
    expect(await readFile(cli.path("state", "workspaces", "app", "token"), "utf8")).toBe(`${token}\n`);
    expect(await messages()).toContain("remembered");
    expect(await cli.run(["send", "#model: say alive"])).toMatchObject({ code: 0, stdout: "alive\n" });
    expect(await status()).toMatchObject({ told: { port: 0 } });
    expect(url).toContain("127.0.0.1");

    await spec("");
    expect(await tryUp()).toMatchObject({ code: 0, stdout: text("runs already, unchanged") });
  });

  test("brings it back after Ctrl-C", async () => {
    await running();
    await spec(`api.origins = ["https://tasks.example.com"]\npreInstallScript = "sleep 600"\n`);
    const up = cli.start(["up", "app", "--trust-spec"]);
    const end = ended(up);
    await until(async () => {
      const { stdout } = await cli.run(["logs"]);
      return stdout.split('"msg":"listening"').length > 2;
    }, "the new process to listen");
    up.kill("SIGINT");

    expect(await end).toMatchObject({ code: 130, stderr: text("bringing the former process back") });
    expect(await cli.run(["send", "#model: say alive"])).toMatchObject({ code: 0, stdout: "alive\n" });
    expect(await messages()).toContain("remembered");
  });

  test("of a stopped workspace leaves its configuration", async () => {
    await running();
    await cli.run(["down"]);
    await spec(`preInstallScript = "exit 3"\n`);
    expect(await tryUp()).toMatchObject({ code: 1 });
    await spec("");
    expect(await tryUp()).toMatchObject({ code: 0, stdout: text("is ready again") });
    expect(await messages()).toContain("remembered");
  });
});

describe("what up was told", () => {
  test("stays in effect until it is told again, and --forget drops it", async () => {
    const port = await freePort();
    await writeFile(cli.path("team.toml"), 'model = "gpt-5.4"\nnetwork.allow = []\n');
    const local = ["up", "app", "--engine", "local"];
    const options = ["--port", String(port), "--spec", "team.toml", "--accept-no-isolation", "--full-auto"];
    expect(await cli.run([...local, ...options])).toMatchObject({ code: 0 });
    expect(await cli.run(["up", "app"])).toMatchObject({ code: 0, stdout: text("runs already, unchanged") });
    expect(await status()).toMatchObject({
      url: `http://127.0.0.1:${port}`,
      told: { port, spec: cli.path("team.toml"), acceptNoIsolation: true, fullAuto: true },
    });
    expect((await cli.run(["status"])).stdout).toContain(
      `options   --spec ${cli.path("team.toml")} --port ${port} --full-auto --accept-no-isolation`,
    );

    await cli.run(["down"]);
    expect(await cli.run(["exec", "-p", "#model: say again"], { cwd: cli.path("app") })).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ url: `http://127.0.0.1:${port}` });
    expect(await cli.json(["up", "app", "--forget", "--port", "0"])).toMatchObject({ change: "replaced" });
    expect(await status()).toMatchObject({ told: { port: 0 } });
  });

  test("a workspace without a port gets a free port, and keeps it", async () => {
    const up = async (name: string): Promise<string> =>
      (await cli.json(["up", name, "--engine", "local"]))["url"] as string;
    // Two at once choose two ports.
    const [first, second] = await Promise.all([up("app"), up("second")]);
    expect(first).not.toBe(second);
    await cli.run(["down", "--name", "app"]);
    await cli.run(["down", "--name", "second"]);
    expect(await up("second")).toBe(second);
    expect(await up("app")).toBe(first);

    const taken = new URL(first).port;
    expect(await cli.run(["up", "third", "--engine", "local", "--port", taken])).toMatchObject({
      code: 1,
      stderr: text(`port ${taken} is already used by process`),
    });
    expect(await cli.names()).toEqual(["app", "second"]);
  });
});

test("no file of a replaced configuration stays", async () => {
  await running();
  await spec(`api.origins = ["https://tasks.example.com"]\n`);
  expect(await cli.up(["app"])).toMatchObject({ change: "replaced" });
  await expect(chmod(cli.path("state", "workspaces", "app", "config.former"), 0o700)).rejects.toThrow("ENOENT");
});
