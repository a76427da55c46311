import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createScriptedModel } from "@codex-workspace/scripted-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { pidOf, up } from "../support/container.ts";
import { docker, hostAddress, testLabel, withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import { toldByDocker } from "../support/told-by-docker.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
if (reason !== undefined) console.warn(`SKIPPED test/e2e/canary.test.ts: ${reason}`);

const programs = fileURLToPath(new URL("../support/programs", import.meta.url));
const name = `canary-${randomBytes(4).toString("hex")}`;
const container = `codex-workspace-${name}`;

describe.skipIf(reason !== undefined)("the model key", () => {
  const key = `sk-canary-${randomBytes(24).toString("hex")}`;
  /** Another secret, which is Codex's own: what finds it would find the key. */
  const control = `control-${randomBytes(24).toString("hex")}`;
  /** Of each request to the provider: its headers as they came, names and values in turn. */
  const requests: { headers: readonly string[]; body: string }[] = [];
  let provider: Server;
  let cli: TestCli;
  let workspace: WorkspaceHttp;

  beforeAll(async () => {
    const model = createScriptedModel({ apiKey: key });
    provider = createServer((request, response) => {
      const received = { headers: request.rawHeaders, body: "" };
      requests.push(received);
      request.on("data", (chunk: Buffer) => (received.body += String(chunk)));
      model.app(request, response);
    }).listen(0, "0.0.0.0");
    await once(provider, "listening");
    const baseUrl = `http://${await hostAddress()}:${(provider.address() as AddressInfo).port}/v1`;
    cli = await TestCli.create("docker");
    await mkdir(cli.path(name));
    await chown(cli.path(name), 1000, 1000);
    const spec = { modelProvider: { baseUrl, apiKey: { env: "KEY" } }, env: { CONTROL: { env: "CONTROL" } } };
    workspace = await up(cli, name, spec, { KEY: key, CONTROL: control });
    // The terminal starts on first need.
    await workspace.post("/message", { type: "raw", content: "" });
    await until(() => pidOf(name, "codex resume").then(Boolean, () => false), "the terminal");
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    provider.close();
  });

  test("is what the provider gets from a turn of Codex, once with each request", async () => {
    expect(await workspace.ask("#model: run echo from a turn")).toContain("from a turn");
    expect(requests.length).toBeGreaterThanOrEqual(2);
    for (const { headers, body } of requests) {
      const authorizations = headers.filter((_, index) => /^authorization$/i.test(headers[index - 1] ?? ""));
      expect(authorizations).toEqual([`Bearer ${key}`]);
      expect([...headers.join("\n").matchAll(new RegExp(key, "g"))]).toHaveLength(1);
      expect(body).not.toContain(key);
    }
  });

  /** Where each text is found in what the processes of a container have, by a root who may read it all. */
  function inProcesses(of: string): Promise<string> {
    const there = ["--pid", `container:${of}`, "--cap-add", "SYS_PTRACE", "--volume", `${programs}:/programs:ro`];
    return looking([...there, testImageInputs.nodeImage, "node", "/programs/finds-in-processes.mjs"]);
  }

  /** Likewise in its files, in memory and on every volume. */
  function inFiles(of: string): Promise<string> {
    const roots = "find . -mindepth 1 -maxdepth 1 ! -type l ! -name proc ! -name sys";
    const search = `cd /proc/1/root && ${roots} -exec grep -rosaF -D skip -f /dev/stdin {} +; true`;
    const there = ["--pid", `container:${of}`, "--cap-add", "SYS_PTRACE"];
    return looking([...there, testImageInputs.nodeImage, "sh", "-c", search]);
  }

  function looking(args: readonly string[]): Promise<string> {
    const once = ["run", "--rm", "--interactive", "--label", testLabel, "--network", "none"];
    return docker([...once, ...args], `${key}\n${control}\n`);
  }

  test("is nowhere in the workspace: no environment, command line, memory, file or volume, while another secret is", async () => {
    const processes = await inProcesses(container);
    expect(processes).not.toContain(key);
    expect(processes).toMatch(new RegExp(`^environ of \\d+: ${control}$`, "m"));
    expect(processes).toMatch(new RegExp(`^memory of \\d+: ${control}$`, "m"));

    const files = (await inFiles(container)).split("\n");
    expect(files.filter((line) => line.includes(key))).toEqual([]);
    expect(files).toContain(`./etc/codex-workspace/secrets/environment.json:${control}`);
  });

  test("is in two files of one gateway, one of them in a tmpfs, and in the memory of what reads it", async () => {
    const [files, processes] = [
      await inFiles(`${container}-model-gateway`),
      await inProcesses(`${container}-model-gateway`),
    ];
    expect(files.split("\n").toSorted()).toEqual([`./etc/gateway/model-key:${key}`, `./tmp/model-key.conf:${key}`]);
    expect(new Set(processes.replaceAll(/ of \d+/g, "").split("\n"))).toEqual(new Set([`memory: ${key}`]));

    const proxy = `${container}-egress-proxy`;
    expect([await inFiles(proxy), await inProcesses(proxy)]).toEqual(["", ""]);
  });

  test("is in nothing that Docker tells or keeps of it, and in nothing that the command line remembers", async () => {
    const objects = await inventoryOf(name);
    const containers = objects.flatMap((line) =>
      line.startsWith("container ") ? [line.replace("container ", "")] : [],
    );
    expect(containers).toHaveLength(4);
    const images = [...new Set((await docker(["inspect", "-f", "{{.Image}}", ...containers])).split("\n"))];
    const told = await toldByDocker(name);
    expect([told.includes(key), told.includes(control)]).toEqual([false, false]);

    const texts = cli.path("texts");
    // The name of Codex's program is in each layer of them that has anything of ours.
    await writeFile(texts, `${key}\n${control}\ndev.codex-workspace.context-hash\n`);
    const kept = [
      ["save", ...images],
      ["export", `${container}-config`],
    ].map((args) => `docker ${args.join(" ")} | grep -oaFf ${texts}`);
    const search = `${kept.join("; ")}; grep -rosaFf ${texts} ${cli.state}; true`;
    const { stdout } = await promisify(execFile)("sh", ["-c", search], { maxBuffer: 1 << 26 });
    expect(new Set(stdout.trim().split("\n"))).toEqual(new Set(["dev.codex-workspace.context-hash"]));
  });
});
