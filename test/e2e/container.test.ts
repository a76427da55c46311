import { chmod, chown, mkdir, readFile } from "node:fs/promises";
import { wrapperFlags } from "@codex-workspace/agent-wrapper/image";
import { defaultApiPort, relayPorts, type WorkspaceSpec } from "@codex-workspace/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { pidOf, shell, up } from "../support/container.ts";
import { docker, runDocker, withoutDocker } from "../support/docker.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();

interface ProcessStatus {
  readonly uid: number;
  readonly effective: string;
  readonly bounding: string;
  readonly noNewPrivileges: boolean;
}

/** Every process of a workspace whose command line has `word`, as the kernel describes it. */
async function processesOf(name: string, word: string): Promise<ProcessStatus[]> {
  const script = `for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline; echo; cat $p/status; echo ==; done`;
  const text = await shell(name, "0", script);
  const field = (status: string, key: string): string => new RegExp(`^${key}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";
  return text
    .split("==\n")
    .filter((block) => (block.split("\n")[0] ?? "").includes(word) && !block.startsWith("sh -c"))
    .map((status) => ({
      uid: Number(field(status, "Uid")),
      effective: field(status, "CapEff"),
      bounding: field(status, "CapBnd"),
      noNewPrivileges: field(status, "NoNewPrivs") === "1",
    }));
}

describe.skipIf(reason !== undefined)(
  `a workspace container${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`,
  () => {
    let cli: TestCli;
    let workspace: WorkspaceHttp;
    const name = `container-test-${process.pid}`;

    beforeAll(async () => {
      cli = await TestCli.create("docker");
      await mkdir(cli.path(name));
      await chown(cli.path(name), 1000, 1000);
      workspace = await up(cli, name);
      // The terminal starts on first need.
      await workspace.post("/message", { type: "raw", content: "" });
    });
    afterAll(() => cli[Symbol.asyncDispose]());

    test("an uploaded file is the wrapper's: Codex and its terminal read it, and can neither change nor replace it", async () => {
      const { status, body } = await workspace.upload("note.txt", "hello");
      expect(status).toBe(200);
      const path = String(body["filePath"]);
      expect(path).toBe("/home/uploads/2cf24dba5fb0a30e/note.txt");
      for (const user of ["1000", "9001"]) {
        expect(await shell(name, user, `cat ${path}`)).toBe("hello");
        const attempts = [`echo >${path}`, `rm ${path}`, `ln -s /etc ${path}.link`, "ln -s /etc /home/uploads/link"];
        for (const attempt of attempts) expect(await shell(name, user, attempt)).toContain("denied");
      }
      expect(await shell(name, "0", `cat ${path}`)).toBe("hello");
    });

    test("three users: the wrapper with five capabilities, Codex and the terminal with none", async () => {
      const none = { effective: "0000000000000000", bounding: "0000000000000000", noNewPrivileges: true };
      // CHOWN KILL SETGID SETUID SETPCAP are bits 0, 5, 6, 7 and 8.
      const five = { effective: "00000000000001e1", bounding: "00000000000001e1", noNewPrivileges: true };
      const wrapper = `node ${wrapperFlags.join(" ")} /opt/codex-workspace/agent-wrapper/agent-wrapper.cjs`;
      expect(await processesOf(name, wrapper)).toContainEqual({ uid: 0, ...five });
      expect(await processesOf(name, "app-server")).toEqual([{ uid: 1000, ...none }]);
      expect(await processesOf(name, "codex resume")).toEqual([{ uid: 9001, ...none }]);
    });

    test("Codex's sandbox works, and the agent can write its project and nothing else", async () => {
      await until(async () => (await workspace.status())["sandbox"] !== undefined, "a status");
      expect(await workspace.ask("#model: run touch made-by-the-agent && echo written")).toContain("written");
      expect(await workspace.ask("#model: run touch /home/codex/x || touch /etc/x")).toContain("Read-only file system");
      expect((await workspace.status())["sandbox"]).toEqual({ state: "working" });
      expect(await shell(name, "0", "ls /workspace")).toContain("made-by-the-agent");
    });

    test("uid codex reads neither the configuration, nor the wrapper's state, nor the terminal's token", async () => {
      const terminal = await pidOf(name, "codex resume");
      const denied = [
        "cat /etc/codex-workspace/workspace.json",
        "ls /home/wrapper",
        "ls /home/terminal",
        `cat /proc/${terminal}/environ`,
      ];
      for (const script of denied) expect(await shell(name, "1000", script)).toContain("Permission denied");
      // The mirror: each of them reads its own.
      expect(await shell(name, "1000", "cat /home/codex/.codex/config.toml")).toContain('model_provider = "workspace"');
      expect(await shell(name, "9001", "ls -a /home/terminal")).toContain(".codex");
      expect(await shell(name, "0", "cat /etc/codex-workspace/workspace.json")).toContain('"users": "separate"');
    });

    test("uid codex cannot end the wrapper or the terminal; its own processes it can", async () => {
      for (const word of ["agent-wrapper.cjs", "codex resume"]) {
        const pid = await pidOf(name, word);
        expect(await shell(name, "1000", `kill -0 ${pid}`)).toContain("Operation not permitted");
      }
      expect(await shell(name, "1000", `kill -0 ${await pidOf(name, "app-server")} && echo may`)).toBe("may");
    });

    test("whoever in the container has not the token is refused by app-server", async () => {
      const sockets = await shell(name, "1000", "cat /proc/net/tcp");
      const known = [defaultApiPort, ...Object.values(relayPorts)];
      const ports = [...sockets.matchAll(/0100007F:([0-9A-F]{4}) 00000000:0000 0A/g)]
        .map(([, hex]) => parseInt(hex!, 16))
        .filter((port) => !known.includes(port));
      expect(ports).toHaveLength(1);
      const handshake = (authorization: string): string =>
        `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
      const answer = async (user: string, authorization: string): Promise<string> => {
        const program = `const s = require("net").connect(${ports[0]!}, "127.0.0.1", () => s.write(${JSON.stringify(handshake(authorization))}));
        s.once("data", (data) => { console.log(String(data).split("\\r\\n")[0]); s.destroy(); });`;
        const { stdout } = await runDocker(
          ["exec", "-i", "--user", user, `codex-workspace-${name}`, "/opt/codex-workspace/node/bin/node", "-"],
          program,
        );
        return stdout;
      };
      expect(await answer("1000", "")).toContain("401");
      expect(await answer("1000", "Authorization: Bearer guess\r\n")).toContain("401");
      // The mirror: the terminal has the token, which nobody can read there, and is connected.
      const port = ports[0]!.toString(16).toUpperCase();
      expect(sockets).toMatch(new RegExp(`: 0100007F:[0-9A-F]{4} 0100007F:${port} 01( \\S+){3} +9001 `));
    });

    test("the root file system and the configuration are read-only, also for root", async () => {
      expect(await shell(name, "0", "touch /etc/x")).toContain("Read-only file system");
      expect(await shell(name, "0", "touch /etc/codex-workspace/x")).toContain("Read-only file system");
      expect(await shell(name, "0", "touch /run/x && echo may")).toBe("may");
    });

    test("a conversation and a person's comment survive a restart of the container", async () => {
      await workspace.ask("#model: say remembered");
      const before = await workspace.messages();
      await shell(name, "1000", "printf '\\n# A comment of mine.\\n' >> /home/codex/.codex/config.toml");
      await docker(["restart", `codex-workspace-${name}`]);
      const { url, token } = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name]);
      const again = new WorkspaceHttp(String(url), String(token));
      await again.ready();
      const texts = (list: typeof before): string[] => list.map(({ content }) => content);
      expect(texts(await again.messages())).toEqual(texts(before));
      expect(await shell(name, "1000", "cat /home/codex/.codex/config.toml")).toContain("# A comment of mine.");
    });

    test("of a container that is killed each prompt that was accepted has run at most once, and what waited runs", async () => {
      const begin = async (): Promise<WorkspaceHttp> => {
        const { url, token } = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name]);
        return new WorkspaceHttp(String(url), String(token));
      };
      const killed = await begin();
      const { id: running } = await killed.enqueue("#model: run sleep 300");
      const { id: waiting } = await killed.enqueue("#model: say after the kill");
      const path = `/v1/sessions/main/prompts/${String(running)}`;
      await until(async () => (await killed.get(path)).body["state"] === "running", "the first one to run");
      await docker(["kill", `codex-workspace-${name}`]);

      const again = await begin();
      await again.ready();
      expect(await again.ended(running)).toMatchObject({ state: "interrupted" });
      expect(await again.ended(waiting)).toMatchObject({ state: "completed", finalMessage: "after the kill" });
      const texts = (await again.messages()).filter(({ role }) => role === "user").map(({ content }) => content);
      expect(texts.slice(-2)).toEqual(["#model: run sleep 300", "#model: say after the kill"]);
    });

    test("a stop in the middle of a turn takes less than 10 s and ends with 0", async () => {
      const { url, token } = await cli.up([name, "--spec", cli.path(`${name}.json`), "--name", name]);
      await new WorkspaceHttp(String(url), String(token)).prompt("#model: run sleep 300");
      const began = performance.now();
      await docker(["stop", "--time", "30", `codex-workspace-${name}`]);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(await docker(["inspect", "--format", "{{.State.ExitCode}}", `codex-workspace-${name}`])).toBe("0");
    });
  },
);

describe.skipIf(reason !== undefined)("the project's owner", () => {
  let cli: TestCli;
  beforeEach(async () => {
    cli = await TestCli.create("docker");
  });
  afterEach(() => cli[Symbol.asyncDispose]());

  test("is who Codex runs as, with a home of its own, which is handed over when the owner changes", async () => {
    const name = `owner-test-${process.pid}`;
    await mkdir(cli.path(name));
    await chown(cli.path(name), 4321, 4321);
    // Nobody else enters it, and so neither do the wrapper and the terminal.
    await chmod(cli.path(name), 0o700);
    const first = await up(cli, name);
    expect((await first.post("/message", { type: "raw", content: "" })).status).toBe(200);
    expect(await first.ask("#model: run id -u && touch mine && echo written")).toMatch(/4321[\s\S]*written/);
    await cli.run(["down", "--name", name]);

    await chown(cli.path(name), 1234, 1234);
    const second = await up(cli, name);
    expect((await second.messages())[1]?.content).toContain("id -u");
    expect(await second.ask("#model: run id -u")).toContain("1234");
    expect(await shell(name, "0", "ls -ln /home | grep codex")).toContain(" 1234 ");
  });

  test("where it is root, Codex would be uid 1000 and its commands could not run: refused, with what to do", async () => {
    const name = `root-test-${process.pid}`;
    await expect(up(cli, name)).rejects.toThrow(/uid 1000 may not write[\s\S]*chown/);
    expect(await docker(["ps", "-aq", "--filter", `label=dev.codex-workspace.workspace=${name}`])).toBe("");

    const reading = await up(cli, name, { sandboxMode: "read-only" });
    expect(await reading.ask("#model: run id -u")).toContain("1000");
    expect((await reading.status())["warnings"]).toEqual([expect.stringContaining("may only read")]);
  });
});

describe.skipIf(reason !== undefined)("a state that does not persist", () => {
  test("is in memory and on no volume, and ends when the container stops; the project stays", async () => {
    await using cli = await TestCli.create("docker");
    const name = `passing-${process.pid}`;
    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
    const spec: WorkspaceSpec = { statePersistence: false, initialPrompt: "#model: run touch made-by-the-agent" };
    const workspace = await up(cli, name, spec);
    await workspace.stable();
    await workspace.ask("#model: say passing");
    const filter = `label=dev.codex-workspace.workspace=${name}`;
    const volumes = (await docker(["volume", "ls", "--quiet", "--filter", filter])).split("\n");
    expect(volumes.filter((volume) => !/-(config|sockets)$/.test(volume))).toEqual([]);
    expect(await shell(name, "0", "stat -f -c %T /home; stat -c '%n %u %a' /home/*")).toBe(
      "tmpfs\n/home/codex 1000 700\n/home/terminal 9001 700\n/home/uploads 0 755\n/home/wrapper 0 700",
    );

    await docker(["restart", `codex-workspace-${name}`]);
    const again = await up(cli, name, spec);
    await again.stable();
    expect((await again.messages()).map(({ content }) => content)).not.toContain("passing");
    expect((await again.messages())[1]?.content).toBe(spec.initialPrompt);
    expect(await shell(name, "0", "ls")).toBe("made-by-the-agent");
  });
});

describe.skipIf(reason !== undefined)("what a spec says of the container", () => {
  test("is in force: limits, variables, certificates, profiles and scripts", async () => {
    await using cli = await TestCli.create("docker");
    const name = `limited-${process.pid}`;
    const certificate = await readFile(new URL("../support/extra-ca.pem", import.meta.url), "utf8");
    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
    const workspace = await up(cli, name, {
      resources: { memoryMiB: 1024, cpus: 0.75, pids: 500, shmMiB: 32, tmpMiB: 48 },
      env: { GREETING: "hello there" },
      caCertificates: [certificate],
      profiles: { deep: { sandbox_mode: "read-only" } },
      preInstallScript: 'echo "as $(id -u): $(grep NoNewPrivs /proc/self/status)"; ls /home/wrapper; true',
      postInstallScript: "#!/bin/bash\n[[ -e $CODEX_HOME/config.toml ]] && touch made-by-a-script",
    });
    const format =
      "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}";
    expect(await docker(["inspect", "--format", format, `codex-workspace-${name}`])).toBe(
      "1073741824 1073741824 750000000 500",
    );
    expect(await shell(name, "0", "df -m --output=size /dev/shm /tmp")).toMatch(/\s32\s+48$/);
    expect(await shell(name, "1000", "cat /home/codex/.codex/deep.config.toml")).toBe('sandbox_mode = "read-only"');
    const variables = await workspace.ask("#model: run env");
    expect(variables).toContain("GREETING=hello there");
    const bundle = "/run/codex-workspace-ca-certificates.pem";
    expect(variables).toContain(`CODEX_CA_CERTIFICATE=${bundle}`);
    // The agent reads it and may not change it; it is the system's and ours.
    const lines = certificate.trim().split("\n");
    expect(await workspace.ask(`#model: run grep -c BEGIN ${bundle} && tail -n 2 ${bundle}`)).toContain(lines.at(-2));
    expect(await shell(name, "1000", `echo x >> ${bundle}`)).toContain("Permission denied");
    expect(await shell(name, "0", "stat -c %u made-by-a-script")).toBe("1000");
    const said = "cat /home/wrapper/logs/pre-install.log";
    expect(await shell(name, "0", said)).toMatch(/as 1000: NoNewPrivs:\s+1\n.*\/home\/wrapper.*Permission denied/);
    expect(await shell(name, "1000", said)).toContain("Permission denied");
    expect(await docker(["logs", `codex-workspace-${name}`])).toContain('"msg":"as 1000: ');
  });
});
