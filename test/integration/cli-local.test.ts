import { spawn as spawnProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CliRun, cliProgram, ended, rootWarnings, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
});
afterEach(() => cli[Symbol.asyncDispose]());

/** Command lines of processes that have the test's directory in their environment or arguments. */
async function leftProcesses(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const texts = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      const [environment, command] = await Promise.all([read("environ"), read("cmdline")]);
      return environment.includes(cli.directory) ? `${pid} ${command.replaceAll("\0", " ")}` : "";
    }),
  );
  return texts.filter((text) => text !== "");
}

/** What is recorded of a workspace's processes. */
function recorded(name: string): { workspace?: { pid: number }; "demo-model"?: { pid: number } } {
  const file = cli.path("state", "workspaces", name, "record.json");
  if (!existsSync(file)) return {};
  const { processes } = JSON.parse(readFileSync(file, "utf8")) as { processes?: ReturnType<typeof recorded> };
  return processes ?? {};
}

const openAi = { OPENAI_API_KEY: "sk-of-the-shell" };

describe("a workspace's life", () => {
  test("up, send, status, messages, list, logs; down keeps the conversation, down --volumes nothing", async () => {
    const up = await cli.up(["app"]);
    expect(up).toMatchObject({
      name: "app",
      engine: "local",
      change: "created",
      model: { kind: "demo" },
      warnings: rootWarnings,
    });
    expect(readFileSync(up["tokenFile"] as string, "utf8").trim()).toBe(up["token"]);

    const sent = await cli.run(["send", "What are you?"]);
    expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining("scripted demo model") as string });
    const piped = await cli.run(["send", "-", "--json"], { input: "#model: say piped\n" });
    expect(JSON.parse(piped.stdout)).toMatchObject({ role: "agent", content: "piped" });

    const known = { name: "app", engine: "local", url: up["url"], network: { mode: "open", denied: [] } };
    expect(await cli.json(["status"])).toMatchObject({ ...known, status: "idle" });
    const { messages } = await cli.json(["messages"]);
    expect((messages as { content: string }[])[1]?.content).toBe("What are you?");
    expect((await cli.run(["list"])).stdout).toMatch(/NAME +ENGINE +STATE[\s\S]*app +local +running/);
    const { stdout: log } = await cli.run(["logs"]);
    expect(log).toContain('"msg":"listening"');
    expect(log.endsWith((await cli.run(["logs", "-n", "2"])).stdout)).toBe(true);
    for (const gateway of [["trace"], ["logs", "egress-proxy"]]) {
      const refused = {
        code: 1,
        stdout: "",
        stderr: expect.stringContaining("the local engine isolates nothing") as string,
      };
      expect(await cli.run(gateway)).toMatchObject(refused);
    }

    expect(await cli.up(["app"])).toMatchObject({ change: "unchanged", url: up["url"], pid: up["pid"] });
    expect((await cli.run(["up", "app", "--port", "0"])).stderr).toMatch(
      new RegExp(
        `^the local engine isolates nothing: .*\n${rootWarnings.map((text) => `warning: ${text}\n`).join("")}$`,
      ),
    );

    expect((await cli.run(["down"])).stdout).toContain('"app" is down\n');
    expect((await cli.run(["down"])).stdout).toContain('"app" is down already\n');
    expect(await leftProcesses()).toEqual([]);
    expect((await cli.run(["status"])).code).toBe(3);

    expect(await cli.up(["app"])).toMatchObject({ token: up["token"] });
    expect((await cli.run(["messages"])).stdout).toContain("What are you?");

    expect((await cli.run(["down", "--volumes"])).code).toBe(0);
    expect(await leftProcesses()).toEqual([]);
    expect(await readdir(cli.path("state", "workspaces"))).toEqual([]);
    expect(existsSync(cli.path("app"))).toBe(true);
    expect(await cli.run(["down"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no workspace") as string,
    });
  });

  test("the user's own CODEX_HOME and the shell's keys stay out of it", async () => {
    await cli.up(["app"], { env: { ...openAi, CODEX_HOME: cli.path("home", ".codex") } });
    await writeFile(cli.path("other.yaml"), "modelProvider: { baseUrl: 'http://127.0.0.1:9/v1' }\n");
    await cli.up(["other", "--spec", "other.yaml"], { env: openAi });

    expect(existsSync(cli.path("home", ".codex"))).toBe(false);
    for (const name of ["app", "other"]) {
      const { workspace } = recorded(name);
      expect(readFileSync(`/proc/${workspace?.pid ?? 0}/environ`, "utf8")).not.toContain(openAi.OPENAI_API_KEY);
    }
    const keyFile = cli.path("state", "workspaces", "app", "config", "secrets", "model-key");
    expect(readFileSync(keyFile, "utf8").trim()).toBe(openAi.OPENAI_API_KEY);
    expect(existsSync(cli.path("state", "workspaces", "other", "config", "secrets"))).toBe(false);
  });

  test("what only another process can take on replaces the wrapper; the conversation stays", async () => {
    await cli.up(["app"]);
    await cli.run(["send", "#model: say before"]);
    await writeFile(cli.path("app", "codex-workspace.yaml"), "api: { origins: ['https://tasks.example.com'] }\n");

    expect(await cli.up(["app"])).toMatchObject({ change: "replaced" });
    expect(await cli.up(["app"])).toMatchObject({ change: "unchanged" });
    expect((await cli.run(["messages"])).stdout).toContain("before");
  });

  test("exchanged tokens restart nothing, and the former ones are none any more", async () => {
    await mkdir(cli.path("app"));
    const tokens = "{ name: ci, token: { env: CI_TOKEN }, scopes: [read] }";
    await writeFile(cli.path("app", "codex-workspace.yaml"), `api: { token: { env: TOKEN }, tokens: [${tokens}] }\n`);
    const before = await cli.up(["app"], { env: { TOKEN: "first-token", CI_TOKEN: "ci-token" } });
    const status = async (token: string): Promise<number> =>
      (await fetch(`${before["url"] as string}/status`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status("first-token"), await status("ci-token")]).toEqual([200, 200]);

    const other = { env: { TOKEN: "second-token", CI_TOKEN: "other-ci-token" } };
    expect(await cli.up(["app"], other)).toMatchObject({
      change: "tokens",
      token: "second-token",
      url: before["url"],
      pid: before["pid"],
    });
    expect(await Promise.all(["first-token", "ci-token"].map(status))).toEqual([401, 401]);
    expect(await Promise.all(["second-token", "other-ci-token"].map(status))).toEqual([200, 200]);
    expect((await cli.run(["send", "#model: say after"])).stdout).toContain("after");
    expect(await cli.up(["app"], other)).toMatchObject({ change: "unchanged" });
  });

  test("an API without tokens is used without one", async () => {
    await mkdir(cli.path("app"));
    await writeFile(cli.path("app", "codex-workspace.yaml"), "api: { auth: none }\n");
    const up = await cli.up(["app"]);
    expect(up).not.toHaveProperty("token");
    expect(existsSync(cli.path("state", "workspaces", "app", "token"))).toBe(false);
    expect((await fetch(`${up["url"] as string}/status`)).status).toBe(200);
    expect((await cli.run(["send", "#model: say hello"])).stdout).toContain("hello");
  });

  test("a state that does not persist ends with the run; what was kept before stays as it was", async () => {
    await cli.up(["app"]);
    await cli.run(["send", "#model: say kept"]);
    const spec = cli.path("app", "codex-workspace.yaml");
    await writeFile(spec, "statePersistence: false\n");
    const messages = async (): Promise<string> => (await cli.run(["messages"])).stdout;

    await cli.up(["app"]);
    expect(await messages()).not.toContain("kept");
    await cli.run(["send", "#model: say passing"]);
    expect(await cli.up(["app"])).toMatchObject({ change: "unchanged" });
    expect(await messages()).toContain("passing");

    await writeFile(spec, "statePersistence: false\nmodel: another\n");
    await cli.up(["app"]);
    expect(await messages()).toContain("passing");
    await writeFile(spec, "statePersistence: false\napi: { origins: ['https://tasks.example.com'] }\n");
    await cli.up(["app"]);
    expect(await messages()).not.toContain("passing");
    const { removed } = await cli.json(["down"]);
    expect(removed).toContain("conversation and CODEX_HOME");
    expect(existsSync(cli.path("state", "workspaces", "app", "volatile"))).toBe(false);

    await writeFile(spec, "");
    await cli.up(["app"]);
    expect(await messages()).toContain("kept");
  });

  test("logs -f shows what is logged from now on, and ends with Ctrl-C or with the workspace", async () => {
    await cli.up(["app"]);
    const following = [cli.start(["logs", "-f"]), cli.start(["logs", "-f"])] as const;
    const seen = following.map((child) => {
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
      return () => text;
    });
    await until(() => seen.every((text) => text().includes('"msg":"listening"')), "the log so far");

    const ends = following.map((child) => once(child, "close"));
    following[0].kill("SIGINT");
    expect(await ends[0]).toEqual([0, null]);
    await cli.run(["down"]);
    expect(await ends[1]).toEqual([0, null]);
    expect(seen[1]?.()).toContain('"msg":"stopping"');
  });

  test("logs -f goes on where the wrapper was killed and another up has brought a new one", async () => {
    await cli.up(["app"]);
    const following = cli.start(["logs", "-f"]);
    let seen = "";
    following.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    const listened = (): number => seen.split('"msg":"listening"').length - 1;
    await until(() => listened() === 1, "the log so far");

    const record = await readFile(cli.path("state", "workspaces", "app", "record.json"), "utf8");
    process.kill(
      (JSON.parse(record) as { processes: { workspace: { pid: number } } }).processes.workspace.pid,
      "SIGKILL",
    );
    await until(async () => (await cli.run(["status"])).code === 3, "the wrapper to be gone");
    await cli.up(["app"]);
    await until(() => listened() === 2, "the log of the new wrapper");
    await writeFile(cli.path("app", "codex-workspace.toml"), 'api.origins = ["https://tasks.example.com"]\n');
    await cli.up(["app"]);
    await until(() => listened() === 3, "the log of the one at the new address");

    const ended = once(following, "close");
    await cli.run(["down"]);
    expect(await ended).toEqual([0, null]);
  });

  test("two workspaces of one directory have names, which every command then wants", async () => {
    await cli.up(["app", "--name", "first"]);
    const second = await cli.up(["app", "--name", "second"]);
    expect(second["warnings"]).toContainEqual(expect.stringContaining('workspace "first" has the same directory'));
    expect(await cli.names()).toEqual(["first", "second"]);
    expect(await cli.run(["send", "hello"], { cwd: cli.path("app") })).toMatchObject({ code: 2 });
    expect(await cli.run(["up", "app"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("which workspace? There are first, second") as string,
    });

    await cli.run(["send", "--name", "second", "#model: say of the second"]);
    const messages = async (name: string): Promise<string> => (await cli.run(["messages", "--name", name])).stdout;
    expect(await messages("second")).toContain("of the second");
    expect(await messages("first")).not.toContain("of the second");
    await cli.run(["down", "--volumes", "--name", "first"]);
    expect((await cli.json(["list"]))["workspaces"]).toMatchObject([{ name: "second", state: "running" }]);
  });

  test("a directory is one workspace through every link, whatever its name is", async () => {
    await mkdir(cli.path("disk", "app"), { recursive: true });
    await symlink(cli.path("disk"), cli.path("work"));
    await symlink(cli.path("disk", "app"), cli.path("shortcut"));
    const { directory } = await cli.up(["work/app", "--name", "other"]);
    expect(directory).toBe(cli.path("disk", "app"));

    for (const path of ["work/app", "shortcut", "disk/app", "disk/../work/app/"]) {
      expect(await cli.up([path]), path).toMatchObject({ name: "other", change: "unchanged", directory });
    }
    // A shell reports the path that its user typed.
    const there = { cwd: cli.path("work", "app"), env: { PWD: cli.path("work", "app") } };
    expect(await cli.json(["status"], there)).toMatchObject({ name: "other" });
    const exec = ["exec", "shortcut", "-p", "#model: say one"];
    expect(await cli.run(exec)).toMatchObject({ code: 0, stdout: "one\n" });
    expect(await cli.names()).toEqual(["other"]);
  });

  test("--detach returns before the session is ready, and what is sent then waits for it", async () => {
    const up = await cli.up(["app", "--detach"]);

    expect(await cli.run(["send", "#model: say waited for"])).toMatchObject({ code: 0, stdout: "waited for\n" });
    await until(async () => (await fetch(`${String(up["url"])}/readyz`)).status === 200, "the workspace to be ready");
  });

  test("a wrapper that logs errors alone says that it listens, and up returns", async () => {
    await mkdir(cli.path("app"));
    await writeFile(cli.path("app", "codex-workspace.toml"), 'logLevel = "error"\n');
    await cli.up(["app", "--detach"]);
    const { stdout } = await cli.run(["logs"]);
    expect(stdout.split("\n").filter((line) => !line.includes('"level":50'))).toEqual([
      expect.stringContaining('"msg":"listening"'),
      "",
    ]);
  });

  test("a Docker that does not answer is an error, and never the local engine by itself", async () => {
    const tried = async (env: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<void> => {
      const { code, stderr } = await cli.run(["up", "app", "--port", "0", ...more], { env });
      expect(code).toBe(4);
      expect(stderr).toMatch(/Docker did not answer[\s\S]*Install Docker Engine[\s\S]*--engine local/);
    };
    const nobody = cli.path("none.sock");
    await tried({ DOCKER_HOST: `unix://${nobody}` });
    await tried({ DOCKER_HOST: "tcp://127.0.0.1:9" });
    await tried({ DOCKER_HOST: `unix://${nobody}` }, "--engine", "docker");
    expect(await cli.names()).toEqual([]);
    expect(existsSync(cli.path("app"))).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)("without any Docker socket auto is the local engine, and says so", async () => {
    // Hides the socket from this command alone.
    const up = (...more: readonly string[]): Promise<CliRun> => {
      const command = [process.execPath, cliProgram, "up", "app", "--port", "0", ...more];
      const hidden = ["--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh", ...command];
      return ended(spawnProcess("unshare", hidden, { cwd: cli.directory, env: cli.env }));
    };
    await writeFile(cli.path("kept.toml"), "network.allow = []\n");
    expect(await up("--spec", "kept.toml")).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/`network`, which only an engine that isolates keeps[\s\S]*--accept-no/) as string,
    });
    expect(await up("--grant", "openai")).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("`grants`") as string,
    });

    const auto = await up();
    expect(auto).toMatchObject({ code: 0, stderr: expect.stringContaining("using --engine local") as string });
    expect(auto.stdout).toMatch(
      /model: a scripted demo[\s\S]*send --name app[\s\S]*attach[\s\S]*curl -H[\s\S]*down --name app/,
    );
  });
});

describe("attach", () => {
  test("a person types into the session, and Ctrl-] leaves it running", async () => {
    await cli.up(["app"]);
    const { type, write, screen, exitCode } = await cli.attach();

    await type("#model: say typed by hand");
    write("\r");
    const messages = async (): Promise<string> => (await cli.run(["messages"])).stdout;
    await until(async () => /agent · .*\n.*typed by hand/.test(await messages()), "the answer");
    write("\x1d");

    expect(await exitCode).toBe(0);
    expect(screen()).toContain('left "app"; it goes on');
    expect(screen().lastIndexOf("\x1b[?1049l")).toBeGreaterThan(screen().lastIndexOf("\x1b[?1049h"));
    expect(await cli.json(["status"])).toMatchObject({ status: "idle" });
  });

  test("--watch shows the session, sends nothing of what is typed, and leaves with Ctrl-C", async () => {
    await cli.up(["app"]);
    const { write, screen, exitCode } = await cli.attach(["--watch"]);

    write("#model: say typed by hand\r");
    expect((await cli.run(["send", "#model: say sent"])).stdout).toBe("sent\n");
    await until(() => screen().includes("sent"), "the answer to be shown");
    write("\x03");

    expect(await exitCode).toBe(0);
    expect(screen()).not.toContain("typed");
    expect((await cli.run(["messages"])).stdout).not.toContain("typed by hand");
  });

  test("/quit leaves the screen as it was", async () => {
    await cli.up(["app"]);
    const { type, write, screen, exitCode } = await cli.attach();
    expect(screen()).toMatch(/attaching to "app"; Ctrl-\] leaves/);
    await type("/quit");
    write("\r");
    expect(await exitCode).toBe(0);
    const [, afterwards = ""] = screen().split("\x1b[?1049l");
    expect(afterwards).toContain('the terminal of "app" was closed');
    expect(afterwards).not.toContain("codex resume");
  });

  test("without a terminal it is refused", async () => {
    await cli.up(["app"]);

    expect(await cli.run(["attach"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a terminal") as string,
    });
  });
});

describe("faults", () => {
  test("a port that is taken is told with who has it, and nothing is left behind", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;

    const { code, stderr } = await cli.run(["up", "app", "--engine", "local", "--port", String(port)]);

    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`port ${port} is already used by process ${process.pid} \\(`));
    expect(await leftProcesses()).toEqual([]);
    expect(await cli.names()).toEqual([]);
    expect(existsSync(cli.path("app"))).toBe(false);
    server.close();
  });

  test("Ctrl-C in mid-up takes everything back", async () => {
    const up = cli.start(["up", "app", "--engine", "local", "--port", "0"]);
    const end = ended(up);
    await until(() => recorded("app").workspace !== undefined, "the wrapper to be started");
    up.kill("SIGINT");

    expect(await end).toMatchObject({
      code: 130,
      stdout: "",
      stderr: expect.stringContaining("interrupted") as string,
    });
    expect(await leftProcesses()).toEqual([]);
    expect(await cli.names()).toEqual([]);
    expect(existsSync(cli.path("app"))).toBe(false);
  });

  test("an up that is killed is found by the next one, which takes over", async () => {
    const up = cli.start(["up", "app", "--engine", "local", "--port", "0"]);
    await until(() => recorded("app").workspace !== undefined, "the wrapper to be started");
    const killed = once(up, "close");
    up.kill("SIGKILL");
    await killed;

    await cli.up(["app"]);
    expect((await cli.run(["send", "#model: say alive"])).stdout).toBe("alive\n");
    expect((await leftProcesses()).filter((line) => line.includes("agent-wrapper"))).toHaveLength(1);
  });

  test("of two ups at the same time one works and the other is told", async () => {
    const both = await Promise.all([1, 2].map(() => cli.run(["up", "app", "--engine", "local", "--port", "0"])));

    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(both.find(({ code }) => code === 1)?.stderr).toContain("another command is at work");
    expect((await leftProcesses()).filter((line) => line.includes("agent-wrapper"))).toHaveLength(1);
  });

  test("a wrapper that was killed is started again, and what it left of Codex is ended", async () => {
    await cli.up(["app"]);
    await cli.run(["send", "#model: say before"]);
    const { workspace } = recorded("app");
    process.kill(workspace?.pid ?? 0, "SIGKILL");

    expect(await cli.run(["send", "hello"])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("does not run (it is stopped)") as string,
    });
    expect(await cli.up(["app"])).toMatchObject({ change: "started" });
    expect((await leftProcesses()).filter((line) => line.includes(" app-server "))).toHaveLength(1);
    expect((await cli.run(["messages"])).stdout).toContain("before");
  });

  test("down ends no process that merely has the pid of one of ours", async () => {
    await cli.up(["app"]);
    const stranger = spawnProcess("sleep", ["60"]);
    const file = cli.path("state", "workspaces", "app", "record.json");
    const record = JSON.parse(readFileSync(file, "utf8")) as { processes: Record<string, object> };
    const processes = { ...record.processes, "demo-model": { pid: stranger.pid, began: "another time" } };
    await writeFile(file, JSON.stringify({ ...record, processes }));
    process.kill(recorded("app").workspace?.pid ?? 0, 0);

    expect((await cli.run(["down"])).code).toBe(0);
    expect(stranger.exitCode).toBeNull();
    expect(stranger.kill()).toBe(true);
    for (const line of await leftProcesses()) process.kill(Number(line.split(" ")[0]));
  });

  test("a session that cannot start is told with its reason, and up works again when that is gone", async () => {
    await cli.up(["app"]);
    await cli.run(["down"]);
    const configToml = cli.path("state", "workspaces", "app", "codex-home", "config.toml");
    const good = readFileSync(configToml, "utf8");
    await writeFile(configToml, "model = \n");

    const { code, stderr } = await cli.run(["up", "app", "--engine", "local", "--port", "0"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/"app" did not start: [\s\S]*config\.toml:1:\d+/);
    expect(await leftProcesses()).toEqual([]);

    await writeFile(configToml, good);
    await cli.up(["app"]);
  });
});

describe("bad input", () => {
  test.each([
    ["malformed YAML", "spec.yaml", "model: [a\nimage: x\n", /spec\.yaml:2:1: [\s\S]*2 \| image: x\n +\^/],
    ["malformed TOML", "spec.toml", "model =\n", /spec\.toml:1:\d+: [\s\S]*1 \| model =\n +\^/],
    ["an unknown key", "spec.yaml", "sandbox_mod: x\n", /sandbox_mod: unknown; did you mean `sandboxMode`\?/],
    [
      "a limit of the gateway's",
      "spec.yaml",
      "modelLimits: { concurrentRequests: 4 }\n",
      /concurrentRequests: is kept by/,
    ],
    ["a network that is limited", "spec.yaml", "network: { allow: [] }\n", /network: [\s\S]*--accept-no-isolation/],
    ["inputs that are Docker's", "spec.yaml", "image: { build: {} }\nworkdir: /x\n", /workdir: [\s\S]*image: /],
    [
      "what a whole host enforces",
      "spec.yaml",
      "enforce: { approvalPolicies: [on-request] }\n",
      /enforce: .*whole host/,
    ],
    ["a secret that is not there", "spec.yaml", "api: { token: { env: NONE } }\n", /NONE is not set[\s\S]*file: PATH/],
  ])("%s is exit code 2, with where and what to do", async (_what, file, text, shown) => {
    await writeFile(cli.path(file), text);

    const { code, stdout, stderr } = await cli.run(["up", "app", "--engine", "local", "--spec", file]);

    expect(stderr).toMatch(shown);
    expect(stderr).toMatch(/^→ /m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(await cli.names()).toEqual([]);
    expect(existsSync(cli.path("app"))).toBe(false);
  });

  test("with --json an error is one JSON object on standard output", async () => {
    const { code, stdout } = await cli.run(["status", "--name", "none", "--json"]);

    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "WORKSPACE_NOT_FOUND" } });
  });

  test("unknown commands and options are exit code 2; --help is 0, with examples", async () => {
    expect((await cli.run(["begin"])).code).toBe(2);
    expect((await cli.run(["up", "--colour"])).code).toBe(2);
    expect((await cli.run(["up", "--port", "70000"])).code).toBe(2);
    expect((await cli.run(["up", "--name", "../elsewhere"])).code).toBe(2);
    expect(await cli.run(["up", "--help"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Examples:/) as string,
    });
  });

  test("two directories of one name are two workspaces, or a question", async () => {
    await cli.up(["a/app"]);

    const second = await cli.run(["up", "b/app", "--engine", "local", "--port", "0"]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("belongs to") as string });
    await cli.up(["b/app", "--name", "second"]);
    expect(await cli.names()).toEqual(["app", "second"]);
    expect((await cli.run(["status"])).code).toBe(2);
    expect(await cli.json(["status"], { cwd: cli.path("b", "app") })).toMatchObject({ name: "second" });
  });
});
