import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CODEX_PIN, Secret, type WorkspaceSpec } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

describe("recipes of the documentation that users bring along, judged by the real Codex", () => {
  const outside = (workspace: TestWorkspace): string => join(workspace.directory, "outside");

  test("without any: the project can be written, nothing outside of it", async () => {
    await using workspace = await TestWorkspace.start();
    expect(await workspace.mayWrite("inside")).toBe(true);
    expect(await workspace.mayWrite(outside(workspace))).toBe(false);
  });

  test('sandbox_mode = "danger-full-access" lets a command write anywhere', async () => {
    await using workspace = await TestWorkspace.start({ extraSettings: 'sandbox_mode = "danger-full-access"' });
    expect(await workspace.mayWrite(outside(workspace))).toBe(true);
  });

  test("writableRoots opens a directory beside the project, also on a restart that changes the kind of the policy", async () => {
    await using workspace = await TestWorkspace.start();
    const cache = join(workspace.directory, "cache");
    await mkdir(cache);
    expect(await workspace.mayWrite(join(cache, "file"))).toBe(false);
    await workspace.stop();
    await workspace.start({
      writableRoots: [cache],
      approvalPolicy: { granular: { sandboxApproval: false, rules: true, mcpElicitations: true } },
    });
    await workspace.ready();
    expect(await workspace.mayWrite(join(cache, "file"))).toBe(true);
    expect(await workspace.mayWrite(outside(workspace))).toBe(false);
  });

  test('sandbox_mode = "read-only" keeps even the project from being written', async () => {
    await using workspace = await TestWorkspace.start({ extraSettings: 'sandbox_mode = "read-only"' });
    expect(await workspace.mayWrite("inside")).toBe(false);
  });

  test('approval_policy = "never" asks nobody, on-request asks', async () => {
    const asks = async (spec: WorkspaceSpec): Promise<boolean> => {
      await using workspace = await TestWorkspace.start(spec);
      await workspace.prompt("#model: run-escalated echo hello");
      let status: unknown;
      await until(async () => {
        ({ status } = await workspace.status());
        return status === "awaiting_approval" || status === "idle";
      }, "Codex to ask or to go on");
      return status === "awaiting_approval";
    };
    expect(await asks({ extraSettings: 'approval_policy = "never"' })).toBe(false);
    expect(await asks({})).toBe(true);
  });

  test("a bare network_access = false closes the network for commands, which is open without it", async () => {
    const server = createServer((_, response) => response.end("reached\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const reach = `#model: run curl -sS --max-time 5 http://127.0.0.1:${port}/`;
    const answerWith = async (spec: WorkspaceSpec): Promise<string> => {
      await using workspace = await TestWorkspace.start(spec);
      return await workspace.ask(reach);
    };
    try {
      expect(await answerWith({})).toContain("reached");
      expect(await answerWith({ extraSettings: "network_access = false" })).not.toContain("reached");
    } finally {
      server.close();
    }
  });

  test("a trusted repository's own config.toml opens nothing", async () => {
    await using workspace = await TestWorkspace.create();
    const folder = join(workspace.layout.workdir, ".codex");
    await mkdir(folder, { recursive: true });
    const theirs = [
      'sandbox_mode = "danger-full-access"',
      'approval_policy = "never"',
      "[sandbox_workspace_write]",
      `writable_roots = [${JSON.stringify(workspace.directory)}]`,
    ];
    await writeFile(join(folder, "config.toml"), `${theirs.join("\n")}\n`);
    await workspace.start({ trustProject: true });
    await workspace.ready();
    expect(await workspace.mayWrite(outside(workspace))).toBe(false);
  });
});

describe("config.toml in CODEX_HOME", () => {
  const file = (workspace: TestWorkspace): string => join(workspace.layout.codexHome, "config.toml");

  test("keeps a person's comment and keys over a restart with other settings", async () => {
    await using workspace = await TestWorkspace.start({ model: "gpt-5.5" });
    const theirs = '\n# Mine: do not touch.\n[mcp_servers.mine]\ncommand = "true"   # here\nenabled = false\n';
    await appendFile(file(workspace), theirs);
    await workspace.stop();
    await workspace.start({ model: "gpt-5.4" });
    await workspace.ready();
    const text = await readFile(file(workspace), "utf8");
    expect(text).toContain(theirs);
    expect(text).toContain('model = "gpt-5.4"');

    await workspace.stop();
    await workspace.start({ model: "gpt-5.4" });
    await workspace.ready();
    expect(await readFile(file(workspace), "utf8")).toBe(text);
  });

  test("broken by hand: Codex is not started on it, the wrapper says where, the file stays", async () => {
    await using workspace = await TestWorkspace.start();
    await workspace.stop();
    const broken = `${await readFile(file(workspace), "utf8")}\nkey = "sk-in-a-broken-line\n`;
    await writeFile(file(workspace), broken);
    await workspace.start();
    const reason = await workspace.failed();
    expect(reason).toMatch(/CODEX_HOME\/config\.toml:\d+:\d+/);
    expect(reason + JSON.stringify(workspace.log)).not.toContain("sk-in-a-broken-line");
    expect(await readFile(file(workspace), "utf8")).toBe(broken);

    await workspace.stop();
    await writeFile(file(workspace), broken.replace(/key = .*/, ""));
    await workspace.start();
    await workspace.ready();
    expect(await workspace.ask("mended")).toBe("Echo: mended");
  });

  test("a key that must be ours is put right again, and said", async () => {
    await using workspace = await TestWorkspace.start();
    await workspace.stop();
    const ours = await readFile(file(workspace), "utf8");
    await writeFile(file(workspace), ours.replace(/base_url = .*/, 'base_url = "http://127.0.0.1:9/v1"'));
    await workspace.start();
    await workspace.ready();
    expect(await workspace.ask("still the same model")).toBe("Echo: still the same model");
    const { configConflicts } = await workspace.status();
    expect(configConflicts).toMatchObject([
      { file: "config.toml", key: "model_providers.workspace.base_url", kept: "ours" },
    ]);
  });
});

test("the system prompt is a block of the global AGENTS.md, and reaches the model", async () => {
  await using workspace = await TestWorkspace.create();
  const file = join(workspace.layout.codexHome, "AGENTS.md");
  await mkdir(workspace.layout.codexHome, { recursive: true });
  await writeFile(file, "# Theirs\n");
  await workspace.start({ systemPrompt: "Always answer in verse." });
  await workspace.ready();
  await workspace.ask("hello");
  expect(JSON.stringify((await workspace.model.waitForRequest(1)).body)).toContain("Always answer in verse.");

  await workspace.stop();
  await workspace.start({ systemPrompt: "Always answer in prose." });
  await workspace.ready();
  const text = await readFile(file, "utf8");
  expect(text).toContain("# Theirs\n");
  expect(text).toContain("Always answer in prose.");
  expect(text).not.toContain("verse");

  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  expect(await readFile(file, "utf8")).toBe("# Theirs\n");
});

test("the project's system prompt is a block of the project's AGENTS.md; a file of git's stays, unless asked for", async () => {
  await using workspace = await TestWorkspace.create();
  const { workdir } = workspace.layout;
  const file = join(workdir, "AGENTS.md");
  const git = (...args: string[]): unknown => execFileSync("git", ["-C", workdir, ...args], { stdio: "ignore" });
  const restart = async (projectSystemPrompt?: WorkspaceSpec["projectSystemPrompt"]): Promise<unknown> => {
    await workspace.stop();
    await workspace.start({ projectSystemPrompt });
    await workspace.ready();
    return (await workspace.status())["warnings"];
  };
  await mkdir(workdir, { recursive: true });
  await writeFile(file, "# Theirs\n");
  expect(await restart({ text: "Answer in verse." })).toEqual([]);
  await workspace.ask("hello");
  expect(JSON.stringify((await workspace.model.waitForRequest(1)).body)).toContain("Answer in verse.");
  expect(await readFile(file, "utf8")).toMatch(/^# Theirs\n[^]*Answer in verse\./);
  expect(await restart()).toEqual([]);
  expect(await readFile(file, "utf8")).toBe("# Theirs\n");

  git("init");
  git("add", "AGENTS.md");
  expect(await restart({ text: "Answer in prose." })).toEqual([expect.stringContaining("git tracks it")]);
  expect(await readFile(file, "utf8")).toBe("# Theirs\n");
  expect(await restart({ text: "Answer in prose.", changeTrackedFile: true })).toEqual([]);
  expect(await readFile(file, "utf8")).toContain("Answer in prose.");

  await rm(file);
  await symlink(join(workspace.directory, "elsewhere"), file);
  expect(await restart({ text: "Answer in prose." })).toEqual([expect.stringContaining("symbolic link")]);
  expect(existsSync(join(workspace.directory, "elsewhere"))).toBe(false);
});

test("another Codex than the pin is refused, with both versions", async () => {
  await using workspace = await TestWorkspace.create();
  await workspace.start({ codexVersion: "0.162.1" });
  const reason = await workspace.failed();
  expect(reason).toContain(CODEX_PIN);
  expect(reason).toContain("0.162.1");
  expect((await workspace.prompt("run anyway")).status).toBe(503);
});

test("a Codex that is not there is refused by its path", async () => {
  await using workspace = await TestWorkspace.create({ codexProgram: "/nowhere/codex" });
  await workspace.start();
  expect(await workspace.failed()).toContain("/nowhere/codex does not run");
});

test("the model key reaches the model, and neither a command, nor the log, nor a file of the agent", async () => {
  const key = "sk-canary-3f9a1c";
  await using workspace = await TestWorkspace.create({ model: { apiKey: key } });
  await workspace.start({
    extraSettings: 'sandbox_mode = "danger-full-access"\n[shell_environment_policy]\nexclude = ["PATH_OF_MINE"]',
    modelProvider: { baseUrl: workspace.model.url, apiKey: new Secret(key) },
  });
  await workspace.ready();
  const answer = await workspace.ask("#model: run env; echo; cat $CODEX_HOME/config.toml");
  expect(answer).toContain("CODEX_HOME=");
  expect(answer).not.toContain(key);
  expect((await workspace.model.waitForRequest(1)).headers.authorization).toBe(`Bearer ${key}`);
  expect(JSON.stringify(workspace.log)).not.toContain(key);
});

test("variables reach Codex and its commands; a secret one reaches Codex alone", async () => {
  await using workspace = await TestWorkspace.create();
  const seen = join(workspace.directory, "seen");
  await workspace.start({
    env: { GREETING: "hello there", DOCS_TOKEN: new Secret("canary-77d2") },
    notify: ["/bin/sh", "-c", `env > ${seen}`],
  });
  await workspace.ready();
  const answer = await workspace.ask("#model: run env");
  expect(answer).toContain("GREETING=hello there");
  expect(answer).not.toContain("canary-77d2");
  await until(() => existsSync(seen), "Codex to run its notify program");
  expect(await readFile(seen, "utf8")).toContain("DOCS_TOKEN=canary-77d2");
  expect(JSON.stringify(workspace.log)).not.toContain("canary-77d2");
});

test("certificates of the spec are trusted beside the system's", async () => {
  await using workspace = await TestWorkspace.create();
  const [key, certificate] = [join(workspace.directory, "key.pem"), join(workspace.directory, "certificate.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const self = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate];
  execFileSync("openssl", [...self, ...subject], { stdio: "ignore" });
  const pem = await readFile(certificate, "utf8");
  const server = createHttpsServer({ key: await readFile(key), cert: pem }, (_, response) => response.end("reached\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const withCurl = `#model: run curl -sS --max-time 5 ${url}`;
    const withNode = `#model: run ${process.execPath} -e "fetch('${url}').then(async (r) => console.log(await r.text()))"`;
    await workspace.start();
    await workspace.ready();
    expect(await workspace.ask(withCurl)).not.toContain("reached");
    expect(await workspace.ask(withNode)).not.toContain("reached");

    await workspace.stop();
    await workspace.start({ caCertificates: [pem] });
    await workspace.ready();
    expect(await workspace.ask(withCurl)).toContain("reached");
    expect(await workspace.ask(withNode)).toContain("reached");
    const [variables, bundle] = [
      await workspace.ask("#model: run env"),
      await readFile(workspace.layout.caBundle, "utf8"),
    ];
    for (const name of ["CODEX_CA_CERTIFICATE", "GIT_SSL_CAINFO", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"]) {
      expect(variables).toContain(`${name}=${workspace.layout.caBundle}`);
    }
    expect(bundle.endsWith(pem)).toBe(true);
    expect(bundle.length).toBeGreaterThan(pem.length);
  } finally {
    server.close();
  }
});

test("what Codex would not enforce is refused: nobody is led to believe in it", async () => {
  await using workspace = await TestWorkspace.create();
  await workspace.start({ enforce: { approvalPolicies: ["on-request"] } });
  expect(await workspace.failed()).toContain("/etc/codex/requirements.toml");
  expect((await workspace.prompt("run anyway")).status).toBe(503);
});

test("the sandbox is probed and reported", async () => {
  await using workspace = await TestWorkspace.start();
  const sandbox = async (): Promise<unknown> => (await workspace.status())["sandbox"];
  await until(async () => ((await sandbox()) as { state: string }).state !== "probing", "the probe");
  expect(await sandbox()).toEqual({ state: "working" });
});

test("Codex's daemon and updater are never there", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.post("/message", { type: "raw", content: "" });
  await workspace.ask("hello");
  const { readdir } = await import("node:fs/promises");
  for (const home of [workspace.layout.codexHome, workspace.layout.terminalHome]) {
    const entries = await readdir(home);
    expect(entries).not.toContain("app-server-control");
    expect(entries).not.toContain("packages");
  }
});
