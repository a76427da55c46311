import { existsSync } from "node:fs";
import { chmod, chown, mkdir, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { wrapperVersion } from "@codex-workspace/agent-wrapper/image";
import { CODEX_PIN, labelNames } from "@codex-workspace/core";
import { type Pack, pack } from "tar-stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type CliOptions, ended, TestCli } from "../support/cli.ts";
import { docker, engineWarnings, runDocker, withoutDocker } from "../support/docker.ts";
import { testImage, testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { startRegistry } from "../support/registry.ts";
import { until } from "../support/workspace.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/cli-docker.test.ts: ${reason}`);

let cli: TestCli;
let serial = 0;
/** Docker is everybody's: a name that no other run has. */
let name: string;

const testBuild = {
  baseImage: testImageInputs.baseImage,
  nodeImage: testImageInputs.nodeImage,
  extraCaCertificates: testImageInputs.extraCaCertificates,
};

const spec = (more: object = {}): Promise<void> =>
  writeFile(
    cli.path("spec.json"),
    JSON.stringify({ image: { build: testBuild }, labels: { [testLabelKey]: testLabel }, ...more }),
  );
const testLabelKey = "test.codex-workspace";
/** Another run of these tests may use the same Docker. */
const testLabel = `cli-${process.pid}`;

function emptyArchive(): Pack {
  const archive = pack();
  archive.finalize();
  return archive;
}

/** Names of all that Docker has of the workspace. */
async function left(): Promise<string[]> {
  return (await inventoryOf(name)).map((line) => line.split(" ")[1] ?? "").sort();
}

const up = (...more: readonly string[]): Promise<Record<string, unknown>> =>
  cli.up(["project", "--name", name, "--spec", "spec.json", ...more]);
const tryUp = (more: readonly string[] = [], options: CliOptions = {}): ReturnType<TestCli["run"]> =>
  cli.run(
    ["up", "project", "--name", name, "--spec", "spec.json", "--engine", "docker", "--port", "0", ...more],
    options,
  );

describe.skipIf(reason !== undefined)("the command line on Docker", () => {
  beforeAll(async () => {
    await testImage();
  });
  beforeEach(async () => {
    serial += 1;
    name = `test-cli-${process.pid}-${serial}`;
    cli = await TestCli.create("docker");
    await spec();
  });
  afterEach(async () => {
    await cli[Symbol.asyncDispose]();
    expect(await left()).toEqual([]);
  });
  afterAll(async () => {
    // Whatever a failed test left.
    for (const kind of ["container", "network", "volume"]) {
      const list = kind === "container" ? ["container", "ls", "--all"] : [kind, "ls"];
      const ids = await docker([...list, "--quiet", "--filter", `label=${testLabelKey}=${testLabel}`]);
      for (const id of ids.split("\n").filter(Boolean)) await runDocker([kind, "rm", "--force", id]);
    }
  });

  test("a linked worktree has a warning before anything starts", async () => {
    await mkdir(cli.path("project"));
    await chown(cli.path("project"), 1000, 1000);
    await writeFile(cli.path("project", ".git"), `gitdir: ${cli.path("main", ".git", "worktrees", "project")}\n`);
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await tryUp(["--port", String(port)]);
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^warning: git will not work on this project: .*worktrees\/project,[^]*is already used/m);
  });

  test("up, send, up again, a change, down and up: one container, and the conversation goes on", async () => {
    const first = await up();
    const warnings = await engineWarnings();
    expect(first).toMatchObject({ name, engine: "docker", change: "created", model: { kind: "demo" }, warnings });
    expect(await left()).toEqual(
      [
        ...["", "", "-config", "-config", "-demo-model", "-egress-proxy", "-egress-proxy-config"],
        ...["-gateway-sockets", "-home", "-model-gateway", "-model-gateway-config"],
      ].map((part) => `codex-workspace-${name}${part}`),
    );

    const answer = await cli.run(["send", "--name", name, "#model: run id -u; echo made > made.txt"]);
    expect(answer).toMatchObject({ code: 0, stdout: expect.stringContaining("1000") as string });
    expect((await stat(cli.path("project", "made.txt"))).uid).toBe(1000);
    expect(await cli.json(["status"])).toMatchObject({
      status: "idle",
      modelLimits: { requestsPerMinute: 600, concurrentRequests: 32 },
      users: "separate",
      sandbox: { state: "working" },
    });

    expect(await up()).toMatchObject({ change: "unchanged", containerId: first["containerId"] });

    await spec({ resources: { pids: 1000 } });
    const changed = await up();
    expect(changed).toMatchObject({ change: "replaced", token: first["token"] });
    expect(changed["containerId"]).not.toBe(first["containerId"]);
    expect((await cli.run(["messages"])).stdout).toContain("made.txt");

    for (const stopped of ["", "-model-gateway", "-egress-proxy"]) {
      await docker(["stop", `codex-workspace-${name}${stopped}`]);
      expect((await cli.run(["status"])).code).toBe(3);
      expect(await up()).toMatchObject({ change: "started", containerId: changed["containerId"] });
    }
    expect((await cli.run(["send", "#model: say again"])).stdout).toContain("again");
    // Nobody has come to the gateway while the wrapper did not listen yet.
    const { stdout, stderr } = await runDocker(["logs", `codex-workspace-${name}-model-gateway`]);
    expect([stdout, stderr]).toEqual([expect.stringContaining('"rule":"model"'), ""]);

    expect((await cli.run(["down"])).stdout).toContain(`kept volume "codex-workspace-${name}-home"`);
    expect(await left()).toEqual([`codex-workspace-${name}-home`]);
    expect((await cli.run(["down"])).stdout).toContain("is down already");
    await up();
    expect((await cli.run(["messages"])).stdout).toContain("made.txt");

    expect((await cli.run(["down", "--volumes"])).code).toBe(0);
    expect(await left()).toEqual([]);
    expect(existsSync(cli.path("project", "made.txt"))).toBe(true);
  });

  test("logs -f goes on over a restart of the container and over its successor, and ends with down", async () => {
    const { containerId } = await up();
    const following = cli.start(["logs", "-f", "--name", name]);
    let seen = "";
    following.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    const listened = (): number => seen.split('"msg":"listening"').length - 1;
    await until(() => listened() === 1, "the log so far");

    await docker(["restart", String(containerId)]);
    await until(() => listened() === 2, "the log after the restart");
    await spec({ api: { origins: ["https://tasks.example.com"] } });
    expect(await up()).toMatchObject({ change: "replaced" });
    await until(() => listened() === 3, "the log of the new container");
    const lines = seen.split("\n").filter((line) => line !== "");
    expect(lines.filter((line, index) => lines.indexOf(line) !== index)).toEqual([]);

    const end = once(following, "close");
    await cli.run(["down", "--name", name]);
    expect(await end).toEqual([0, null]);
  });

  test("a setting is reloaded in the container that runs, and goes again; an image is another container", async () => {
    const workspace = `codex-workspace-${name}`;
    const greeting = async (): Promise<string> =>
      (await cli.run(["send", "--name", name, "#model: run echo [$GREETING]"])).stdout;
    const secret = (): ReturnType<typeof runDocker> =>
      runDocker(["exec", workspace, "cat", "/etc/codex-workspace/secrets/environment.json"]);
    const first = await up();
    expect(await greeting()).toContain("[]");

    await spec({ env: { GREETING: "hello", PASSWORD: { env: "PASSWORD" } } });
    const reloaded = await tryUp([], { env: { PASSWORD: "open-sesame" } });
    expect(reloaded.stderr.trimEnd().split("\n")).toEqual([
      "only the configuration changed: it is reloaded where it runs",
      ...(await engineWarnings()),
    ]);
    expect(reloaded.stdout).toContain(`"${name}" runs on, with its new settings, at ${String(first["url"])} (Docker`);
    expect((await secret()).stdout).toContain("open-sesame");
    expect(await greeting()).toContain("[hello]");
    await spec();
    expect(await up()).toMatchObject({ change: "reloaded", containerId: first["containerId"] });
    expect(await secret()).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await greeting()).toContain("[]");
    expect((await cli.run(["messages", "--name", name])).stdout).toContain("[hello]");

    // It comes while nothing runs, and is read at the start.
    await docker(["stop", workspace]);
    await spec({ env: { GREETING: "goodbye" } });
    expect(await up()).toMatchObject({ change: "started", containerId: first["containerId"] });
    expect(await greeting()).toContain("[goodbye]");

    await spec({ image: { build: { ...testBuild, setupScript: `#!/bin/sh\n: ${name}\n` } } });
    const { code, stderr, stdout } = await tryUp(["--json"]);
    const image = await docker(["inspect", "--format", "{{.Image}}", workspace]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("\nchanged: image: replacing the containers; home and project stay\n");
    expect(JSON.parse(stdout)).toMatchObject({ change: "replaced" });
    expect(JSON.parse(stdout)).not.toMatchObject({ containerId: first["containerId"] });
    expect(await greeting()).toContain("[]");
    await cli.run(["down", "--name", name]);
    await docker(["image", "rm", image]);
  });

  test("tokens are exchanged in a container that runs on, and refused to be none", async () => {
    await spec({ api: { tokens: [{ name: "ci", token: { env: "CI" }, scopes: ["read"] }] } });
    const upWith = (token: string): Promise<Record<string, unknown>> =>
      cli.up(["project", "--name", name, "--spec", "spec.json"], { env: { CI: token } });
    const first = await upWith("first-token");
    const status = async (token: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${first["url"] as string}/status`, { headers })).status;
    };
    expect([await status("first-token"), await status("second-token")]).toEqual([200, 401]);

    expect(await upWith("second-token")).toMatchObject({ change: "tokens", containerId: first["containerId"] });
    await until(async () => (await status("second-token")) === 200, "the exchanged token", 2_000);
    expect(await status("first-token")).toBe(401);
    expect(await upWith("second-token")).toMatchObject({ change: "unchanged" });

    await spec({ api: { auth: "none" } });
    const refused = await tryUp();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("its loopback address is the agent's own");
  });

  test("the token and the model key are in no container's environment, and the gateway's files alone hold the key", async () => {
    await spec({ modelProvider: { baseUrl: "http://127.0.0.1:9/v1", apiKey: { env: "KEY" } } });
    const env = { KEY: "sk-test-key" };
    const { token } = await cli.up(["project", "--name", name, "--spec", "spec.json"], { env });

    const containers = ["", "-config", "-model-gateway", "-egress-proxy"].map(
      (part) => `codex-workspace-${name}${part}`,
    );
    const inspected = await docker(["inspect", ...containers]);
    expect(inspected).not.toContain(env.KEY);
    expect(inspected).not.toContain(token as string);
    const image = await docker(["inspect", "--format", "{{.Image}}", `codex-workspace-${name}`]);
    // Root with its capabilities, where the container has what it has.
    const found = (container: string): Promise<string> => {
      const search = "grep -rlsF sk-test-key /etc /home /opt /root /run /var /workspace; true";
      const there = ["--volumes-from", container, "--label", testLabel, "--entrypoint", "sh"];
      return docker(["run", "--rm", "--user", "0", ...there, image, "-c", search]);
    };
    expect(await found(`codex-workspace-${name}`)).toBe("");
    expect(await found(`codex-workspace-${name}-egress-proxy`)).toBe("");
    expect(await found(`codex-workspace-${name}-model-gateway`)).toBe("/etc/gateway/model-key");
  });

  test.runIf(process.getuid?.() === 0)(
    "a project directory of root's is refused, and only warned about where the agent shall only read",
    async () => {
      await mkdir(cli.path("project"));

      const refused = await tryUp();
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/did not start: .*uid 1000 may not write the project directory[\s\S]*chown 1000/);
      expect(refused.stderr).not.toMatch(/chown -R|taking back what/);
      await chmod(cli.path("project"), 0o555);
      await chown(cli.path("project"), 1234, 1234);
      expect((await tryUp()).stderr).toContain("which is read-only for its owner");
      await chmod(cli.path("project"), 0o755);
      await chown(cli.path("project"), 0, 0);
      expect(await left()).toEqual([]);

      await spec({ sandboxMode: "read-only" });
      const warned = await tryUp();
      expect(warned.code).toBe(0);
      expect(warned.stderr).toMatch(/^warning: .*may only read the project directory/m);
    },
  );

  test("a project volume that the spec names survives down --volumes", async () => {
    const volume = `${name}-src`;
    await spec({ project: { volume } });
    await up();
    const { removed, kept } = await cli.json(["down", "--volumes"]);

    expect(kept).toEqual([`volume "${volume}" (project)`]);
    expect(removed).not.toContain(`volume "${volume}"`);
    await docker(["volume", "rm", volume]);
  });

  test("a port that is taken is told with the container that has it, and nothing is left behind", async () => {
    const first = await up();
    const port = new URL(first["url"] as string).port;

    const second = ["up", "second", "--name", `${name}-b`, "--spec", "spec.json", "--engine", "docker", "--port"];
    const asApi = await cli.run([...second, port]);
    await spec({ network: { ports: [Number(port)] } });
    const forDevelopment = await cli.run([...second, "0"]);

    for (const { code, stderr } of [asApi, forDevelopment]) {
      expect(code).toBe(1);
      expect(stderr).toContain(`port ${port} is already used by container "codex-workspace-${name}-model-gateway"`);
    }
    expect(await docker(["ps", "--all", "--quiet", "--filter", `label=${labelNames.workspace}=${name}-b`])).toBe("");
    expect(await docker(["volume", "ls", "--quiet", "--filter", `label=${labelNames.workspace}=${name}-b`])).toBe("");
    expect(await cli.names()).toEqual([name]);
    expect(existsSync(cli.path("second"))).toBe(false);
  });

  test("Ctrl-C in mid-up takes everything back", async () => {
    const running = cli.start([
      "up",
      "project",
      "--name",
      name,
      "--spec",
      "spec.json",
      "--engine",
      "docker",
      "--port",
      "0",
    ]);
    const end = ended(running);
    await until(async () => (await left()).includes(`codex-workspace-${name}`), "the container to be created");
    running.kill("SIGINT");

    expect(await end).toMatchObject({
      code: 130,
      stdout: "",
      stderr: expect.stringContaining("interrupted") as string,
    });
    expect(await left()).toEqual([]);
    expect(await cli.names()).toEqual([]);
  });

  test("a failed up leaves a running workspace alone, or brings its containers back", async () => {
    const first = await up();
    const { containerId } = first;
    await cli.run(["send", "--name", name, "#model: say remembered"]);
    const sending = cli.start(["send", "--name", name, "#model: hang"]);
    const status = (): Promise<Record<string, unknown>> => cli.json(["status", "--name", name]);
    await until(async () => (await status())["status"] === "working", "the turn to run");
    const names = await left();
    const id = (): Promise<string> => docker(["inspect", "--format", "{{.Id}}", `codex-workspace-${name}`]);

    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const other = { api: { origins: ["https://tasks.example.com"] } };
    for (const [more, options, said] of [
      [other, ["--port", String(port)], `port ${port} is already used`],
      [{ network: { ports: [port] } }, [], `port ${port} is already used`],
      [{ ...other, env: { KEY: { env: "NOT_SET" } } }, [], "NOT_SET is not set"],
      [{ image: { build: { ...testBuild, setupScript: "#!/bin/sh\nexit 3\n" } } }, [], "could not be built"],
      [{ project: { bind: cli.path("not-there") } }, [], "Docker refused while creating a container"],
      [{ resources: { cpus: 4_000 } }, [], "Docker refused while creating a container"],
    ] as const) {
      await spec(more);
      const failed = await cli.run(["up", "project", "--name", name, "--spec", "spec.json", ...options]);
      expect(failed).toMatchObject({ code: expect.any(Number) as number, stdout: "" });
      expect(failed.stderr).toContain(said);
      expect(await status()).toMatchObject({ status: "working", told: { port: 0 } });
      expect([await id(), await left()]).toEqual([containerId, names]);
    }
    taken.close();
    sending.kill("SIGKILL");

    await spec({
      ...other,
      preInstallScript: "#!/bin/sh\nexit 3\n",
      labels: { [testLabelKey]: testLabel, other: "1" },
    });
    const failed = await cli.run(["up", "project", "--name", name, "--spec", "spec.json"]);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("exited with code 3") as string });
    expect([await id(), await left()]).toEqual([containerId, names]);
    expect((await cli.run(["messages", "--name", name])).stdout).toContain("remembered");
    expect((await cli.run(["send", "--name", name, "#model: say alive"])).stdout).toBe("alive\n");
    await spec();
    expect(await up()).toMatchObject({ change: "unchanged", containerId });

    // The names of a successful replacement, and of what is reloaded in it.
    await spec(other);
    expect(await up()).toMatchObject({ change: "replaced" });
    expect(await left()).toHaveLength(names.length);
    await spec({ ...other, env: { GREETING: "hello" } });
    expect(await up()).toMatchObject({ change: "reloaded" });
    expect((await cli.run(["send", "--name", name, "#model: run echo [$GREETING]"])).stdout).toContain("[hello]");
  });

  test("Docker that goes away in mid-build is told, and the build's container ends with it", async () => {
    const marker = `${name}-sleeps`;
    await spec({ image: { build: { ...testBuild, setupScript: `#!/bin/sh\n: ${marker}\nsleep 60\n` } } });
    // In front of Docker's socket, so that Docker itself stays for everybody else.
    const sockets = new Set<{ destroy(): unknown }>();
    const door = createServer((socket) => {
      const engine = connect("/var/run/docker.sock");
      for (const [one, other] of [
        [socket, engine],
        [engine, socket],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
      }
    }).listen(cli.path("docker.sock"));
    await once(door, "listening");

    const args = ["up", "project", "--name", name, "--spec", "spec.json", "--engine", "docker", "--port", "0"];
    const end = ended(cli.start(args, { env: { DOCKER_HOST: `unix://${cli.path("docker.sock")}` } }));
    const building = async (): Promise<boolean> =>
      (await docker(["ps", "--no-trunc", "--format", "{{.Command}}"])).includes("/opt/codex-workspace/setup.sh");
    await until(building, "the build to run the set-up script", 120_000);
    for (const socket of sockets) socket.destroy();
    door.close();

    expect(await end).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/Docker went away while building the image[\s\S]*Start Docker again/) as string,
    });
    await until(async () => !(await building()), "the build's container to end");
    expect(await cli.names()).toEqual([]);
  });

  test("a build that fails shows its last lines", async () => {
    await spec({ image: { build: { ...testBuild, setupScript: "#!/bin/sh\necho this is why >&2\nexit 3\n" } } });

    const { code, stderr } = await tryUp();

    expect(code).toBe(1);
    expect(stderr).toMatch(/the image could not be built: .* non-zero code: 3\n[\s\S]*this is why/);
    expect(stderr).toMatch(/\n {2}step \d+ of \d+: stage codex, from toolchain\n/);
    expect(await left()).toEqual([]);
  });

  test("the build's steps have the proxies of the spec, and what is secret of them is not shown", async () => {
    const [httpProxy, password] = ["http://proxy.invalid:3128", "http://user:password@proxy.invalid:3128"];
    // The first step of the build says what it has, and ends it: nothing is asked of a network.
    const nodeImage = `codex-workspace-test/shows-proxies:${process.pid}`;
    const command = `env | grep -i _proxy | sort; [ \${#HTTPS_PROXY} != ${password.length} ] || exit 42`;
    await docker(["build", "--tag", nodeImage, "-"], `FROM ${testBuild.nodeImage}\nONBUILD RUN ${command}\n`);
    const proxies = { httpProxy, httpsProxy: { env: "COMPANY_PROXY" }, noProxy: ["localhost", ".invalid"] };
    await spec({ image: { build: { ...testBuild, ...proxies, nodeImage } } });

    const { stderr } = await tryUp([], { env: { COMPANY_PROXY: password } });
    await docker(["image", "rm", nodeImage]);

    expect(stderr).toContain("non-zero code: 42");
    for (const [name, value] of [
      ["HTTP_PROXY", httpProxy],
      ["HTTPS_PROXY", "[secret]"],
      ["NO_PROXY", "localhost,.invalid"],
    ] as const) {
      expect(stderr).toContain(`\n  ${name}=${value}\n`);
      expect(stderr).toContain(`\n  ${name.toLowerCase()}=${value}\n`);
    }
    expect(stderr).not.toContain("password@");
  });

  test("a prebuilt image is refused when it is not ours, of another release, with another Codex, or not to be had", async () => {
    const ours = {
      [labelNames.version]: wrapperVersion(),
      [labelNames.codexVersion]: CODEX_PIN,
      [labelNames.contextHash]: "0".repeat(64),
    };
    const refusal = async (prebuilt: string): Promise<string> => {
      await spec({ image: { prebuilt, gatewayBaseImage: testBuild.baseImage } });
      const { code, stderr } = await tryUp();
      await runDocker(["image", "rm", prebuilt]);
      expect(code).toBe(1);
      return stderr;
    };
    const refusalOf = async (labels: Readonly<Record<string, string>>): Promise<string> => {
      await using registry = await startRegistry(labels);
      return await refusal(registry.reference);
    };

    expect(await refusalOf({})).toMatch(
      /@sha256:\w{64} is not an image of codex-workspace: .*\n→ Build the image from /,
    );
    expect(await refusalOf({ ...ours, [labelNames.version]: "9.8.7" })).toMatch(
      /was built by codex-workspace 9\.8\.7; this is .*\n→ Use codex-workspace 9\.8\.7, or /,
    );
    expect(await refusalOf({ ...ours, [labelNames.codexVersion]: "0.140.0" })).toContain(
      `has Codex 0.140.0; the spec wants Codex ${CODEX_PIN}\n→ Set codexVersion to 0.140.0, or `,
    );
    await using registry = await startRegistry(ours);
    expect(await refusal(registry.reference.replace(/.{8}$/, "00000000"))).toMatch(/cannot be pulled: /);
    // What is ours is taken. This one is empty, so Docker finds nothing to start in it.
    expect(await refusal(registry.reference)).toContain("creating a container: No command specified");
    expect(await left()).toEqual([]);
  });

  test("prune removes an old image that no container uses, and no other", async () => {
    // An image as of long ago, with nothing in it.
    const tag = `codex-workspace:test-${process.pid}`;
    const made = { created: "2001-01-01T00:00:00Z", architecture: "amd64", os: "linux" };
    const load = async (repoTag: string): Promise<void> => {
      const archive = pack();
      const layer = await buffer(emptyArchive());
      const digest = createHash("sha256").update(layer).digest("hex");
      const labels = { [labelNames.contextHash]: repoTag };
      const config = {
        ...made,
        config: { Labels: labels },
        rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
      };
      archive.entry({ name: "layer.tar" }, layer);
      archive.entry({ name: "config.json" }, JSON.stringify(config));
      const manifest = [{ Config: "config.json", RepoTags: [repoTag], Layers: ["layer.tar"] }];
      archive.entry({ name: "manifest.json" }, JSON.stringify(manifest));
      archive.finalize();
      await writeFile(cli.path("image.tar"), await buffer(archive));
      await docker(["load", "--input", cli.path("image.tar")]);
    };
    const used = `${tag}-used`;
    const derived = `test.invalid/${tag}`;
    for (const image of [tag, used, derived]) await load(image);
    const container = await docker(["create", used, "true"]);
    const exists = async (image: string): Promise<boolean> =>
      (await runDocker(["image", "inspect", image])).exitCode === 0;
    try {
      // Others' images on this machine are younger.
      expect((await cli.run(["prune", "--older-than", "5000", "--dry-run"])).stdout).toBe(
        `would remove image ${tag}\n`,
      );
      expect(await exists(tag)).toBe(true);
      expect(await cli.json(["prune", "--older-than", "5000"])).toEqual({ images: [tag] });
      expect(await Promise.all([tag, used, derived].map(exists))).toEqual([false, true, true]);
    } finally {
      await docker(["rm", container]);
      await docker(["image", "rm", used, derived]);
    }
  });

  test("a prebuilt image by tag is refused before anything is asked of Docker", async () => {
    await spec({ image: { prebuilt: "registry.example.com/codex-workspace:1" } });

    const { code, stderr } = await tryUp();

    expect(code).toBe(2);
    expect(stderr).toContain("image.prebuilt: expected an image by digest");
  });

  test("containers of the same name that this state directory does not know are left alone", async () => {
    await up();
    await using stranger = await TestCli.create("docker");

    const args = ["up", "project", "--name", name, "--engine", "docker", "--port", "0"];
    expect(await stranger.run(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("this state directory does not know") as string,
    });
    expect(await cli.json(["status"])).toMatchObject({ status: "idle" });
  });
});
