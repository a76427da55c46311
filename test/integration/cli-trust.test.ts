import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asksOf, parseSpec } from "@codex-workspace/core";
import { inputExamples } from "../../core/test-support/input-examples.ts";
import { type CliRun, type CliTerminal, TestCli } from "../support/cli.ts";
import { until } from "../support/workspace.ts";

let cli: TestCli;
beforeEach(async () => {
  cli = await TestCli.create("local");
  await mkdir(cli.path("app"));
});
afterEach(() => cli[Symbol.asyncDispose]());

const specFile = (): string => cli.path("app", "codex-workspace.json");
const writeSpec = (inputs: object): Promise<void> => writeFile(specFile(), JSON.stringify(inputs, null, 2));

const upFlags = ["--engine", "local", "--port", "0"];
const plainUp = (...args: string[]): Promise<CliRun> => cli.run(["up", "app", ...upFlags, ...args]);

/** A script of the host that leaves a mark outside the project. */
const marking = (name = "mark"): { preInstallScript: string } => ({ preInstallScript: `touch ${cli.path(name)}` });

function expectRefused(run: CliRun): void {
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toMatch(/asks for more than the defaults/);
  expect(run.stderr).toMatch(/--trust-spec.*trust /s);
}

describe("a spec in the project", () => {
  test("is refused with its asks, and nothing ran", async () => {
    await writeSpec(marking());
    const run = await plainUp();
    expectRefused(run);
    expect(run.stderr).toContain(`touch ${cli.path("mark")}`);
    const { stdout } = await plainUp("--json");
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: "SPEC_NOT_TRUSTED", problems: [{ path: "preInstallScript" }] },
    });
    expect(existsSync(cli.path("mark"))).toBe(false);
    expect(await cli.names()).toEqual([]);
  });

  test("runs after --trust-spec, and then without it", async () => {
    await writeSpec(marking());
    expect(await plainUp("--trust-spec")).toMatchObject({ code: 0 });
    expect(existsSync(cli.path("mark"))).toBe(true);
    expect(await plainUp()).toMatchObject({ code: 0 });
  });

  test("needs no answer where it asks for nothing", async () => {
    await writeSpec({ model: "gpt-5.4", systemPrompt: "Be brief.", sandboxMode: "read-only" });
    expect(await plainUp()).toMatchObject({ code: 0 });
  });

  test("is trusted where its user names it outside of the project", async () => {
    const outside = cli.path("spec.json");
    await writeFile(outside, JSON.stringify(marking()));
    expect(await plainUp("--spec", outside)).toMatchObject({ code: 0 });
    expect(existsSync(cli.path("mark"))).toBe(true);
  });

  test("is not trusted for being named by --spec, nor through a link", async () => {
    await writeSpec(marking());
    expectRefused(await plainUp("--spec", specFile()));
    await symlink(cli.path("app"), cli.path("link"));
    expectRefused(await plainUp("--spec", cli.path("link", "codex-workspace.json")));
    expectRefused(await cli.run(["up", "link", ...upFlags]));
    await symlink(specFile(), cli.path("outside.json"));
    expectRefused(await plainUp("--spec", cli.path("outside.json")));
    expect(existsSync(cli.path("mark"))).toBe(false);
  });

  test("that is a link, a directory or a FIFO is not read", async () => {
    await writeFile(cli.path("elsewhere.json"), JSON.stringify({ model: "gpt-5.4" }));
    await symlink(cli.path("elsewhere.json"), specFile());
    expect((await plainUp()).stderr).toContain("is a symbolic link in the project");
    await rm(specFile());
    await mkdir(specFile());
    expect((await plainUp()).code).toBe(2);
  });

  test("stands under the real path: an answer counts through a link, and for no other directory", async () => {
    await writeSpec(marking());
    await symlink(cli.path("app"), cli.path("link"));
    expect(await cli.run(["trust", "link"])).toMatchObject({ code: 0 });
    expect(await plainUp()).toMatchObject({ code: 0 });
    await mkdir(cli.path("other"));
    await writeFile(cli.path("other", "codex-workspace.json"), await readFile(specFile()));
    expectRefused(await cli.run(["up", "other", ...upFlags]));
  });
});

describe("the agent", () => {
  test("rewrites the spec in a turn, and the next `up` refuses it", async () => {
    await cli.up(["app"]);
    const hostile = JSON.stringify({ ...marking(), sandboxMode: "danger-full-access", approvalPolicy: "never" });
    const turn = `#model: run printf '%s' '${hostile}' > codex-workspace.json\n#model: say done`;
    expect(await cli.run(["send", "-", "--name", "app"], { input: turn })).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(specFile(), "utf8"))).toMatchObject({ approvalPolicy: "never" });

    const refused = await plainUp();
    expectRefused(refused);
    for (const path of ["preInstallScript", "sandboxMode", "approvalPolicy"]) expect(refused.stderr).toContain(path);
    expectRefused(await cli.run(["exec", "app", "-p", "hello", ...upFlags]));
    expectRefused(await cli.run(["config", "check", "--name", "app"], { cwd: cli.path("app") }));
    expect(existsSync(cli.path("mark"))).toBe(false);
    expect(await cli.json(["status", "--name", "app"])).toMatchObject({ status: "idle" });
  });

  test("cannot hand over a token that it can write: a secret file in the project is refused", async () => {
    await writeFile(cli.path("app", "token"), "0123456789abcdef0123456789abcdef");
    await writeSpec({ api: { token: { file: "token" } } });
    for (const flags of [[], ["--trust-spec"]]) {
      const run = await plainUp(...flags);
      expect(run.code).toBe(2);
      expect(run.stderr).toMatch(/token/);
    }
    await rename(cli.path("app", "token"), cli.path("token"));
    await chmod(cli.path("token"), 0o600);
    await writeSpec({ api: { token: { file: cli.path("token") } } });
    expect(await plainUp("--trust-spec")).toMatchObject({ code: 0 });
  });

  test("ships no Codex of its own: `node_modules` of the project is not run", async () => {
    const bin = cli.path("app", "node_modules", ".bin");
    await mkdir(bin, { recursive: true });
    for (const name of ["codex", "npm", "node", "git"]) {
      await writeFile(`${bin}/${name}`, `#!/bin/sh\ntouch ${cli.path("mark")}\n`, { mode: 0o755 });
    }
    const env = { PATH: `${bin}:${cli.env["PATH"] ?? ""}` };
    expect((await cli.run(["up", ".", ...upFlags], { cwd: cli.path("app"), env })).code).toBe(0);
    expect(existsSync(cli.path("mark"))).toBe(false);
  });
});

describe("a changed content", () => {
  test("is shown with its difference and refused, also when a file that it refers to changed", async () => {
    await writeFile(cli.path("token"), "0123456789abcdef0123456789abcdef", { mode: 0o600 });
    await writeSpec({ api: { token: { file: cli.path("token") } } });
    expect(await plainUp("--trust-spec")).toMatchObject({ code: 0 });

    await writeSpec({ api: { token: { file: cli.path("token") } }, approvalPolicy: "never" });
    const changed = await plainUp();
    expectRefused(changed);
    expect(changed.stderr).toContain("has changed since you trusted it");
    expect(changed.stderr).toMatch(/it now also asks:\s+\+ approvalPolicy/);
    expect(changed.stderr).toMatch(/\+ {3}"approvalPolicy": "never"/);

    await writeSpec({ api: { token: { file: cli.path("token") } } });
    expect(await plainUp()).toMatchObject({ code: 0 });
    await writeFile(cli.path("token"), "fedcba9876543210fedcba9876543210");
    const swapped = await plainUp();
    expectRefused(swapped);
    expect(swapped.stderr).toMatch(/files with another content:\s+.*token/);
  });

  test("shows no control character of the spec", async () => {
    await writeSpec({ preInstallScript: "true # \u001b]52;c;aGk=\u0007\u009b2J\u202e" });
    const { stderr } = await plainUp();
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stderr).toContain("52;c;aGk=");
  });

  test("what is asked is what runs, while a writer swaps the spec", async () => {
    const harmless = JSON.stringify({ model: "gpt-5.4" });
    const hostile = JSON.stringify(marking());
    await writeFile(specFile(), harmless);
    let swaps = 0;
    const writer = { stopped: false };
    const swapping = (async () => {
      while (!writer.stopped) {
        await writeFile(cli.path("next.json"), swaps++ % 2 === 0 ? hostile : harmless);
        await rename(cli.path("next.json"), specFile());
      }
    })();
    try {
      for (let round = 0; round < 6; round++) {
        const run = await plainUp();
        if (run.code !== 0) expectRefused(run);
      }
    } finally {
      writer.stopped = true;
      await swapping;
    }
    expect(swaps).toBeGreaterThan(20);
    expect(existsSync(cli.path("mark"))).toBe(false);
  }, 120_000);

  test("the answer is about what was read, while a writer swaps the spec for others and for links", async () => {
    const config = cli.path("state", "workspaces", "app", "config", "workspace.json");
    const outside = cli.path("outside.json");
    await writeFile(outside, JSON.stringify(marking()));
    let writes = 0;
    const writer = { stopped: false };
    const swapping = (async () => {
      while (!writer.stopped) {
        const text = JSON.stringify({ env: { VARIANT: String(writes % 8) } });
        if (writes++ % 3 === 0) {
          await symlink(outside, cli.path("next.json"));
        } else await writeFile(cli.path("next.json"), text);
        await rename(cli.path("next.json"), specFile());
      }
    })();
    let ran = 0;
    try {
      for (let round = 0; round < 12; round++) {
        if ((await plainUp("--trust-spec")).code !== 0) continue;
        ran += 1;
        const [, running] = /"VARIANT": ?"(\d)"/.exec(await readFile(config, "utf8")) ?? [];
        const [answer = "", ...others] = await readdir(cli.path("state", "trust"));
        expect(others).toEqual([]);
        const { spec, text } = JSON.parse(await readFile(cli.path("state", "trust", answer), "utf8")) as {
          spec: string;
          text: string;
        };
        expect({ spec, env: JSON.parse(text) as unknown }).toEqual({
          spec: specFile(),
          env: { env: { VARIANT: running } },
        });
      }
    } finally {
      writer.stopped = true;
      await swapping;
    }
    expect(ran).toBeGreaterThan(0);
    expect(existsSync(cli.path("mark"))).toBe(false);
  }, 120_000);
});

describe("at a terminal", () => {
  const asked = async (): Promise<CliTerminal> => {
    const terminal = cli.inTerminal(["up", "app", ...upFlags]);
    await until(() => terminal.screen().includes("[y/N]"), "the question");
    return terminal;
  };

  test("asks, and `y` is a yes that is kept", async () => {
    await writeSpec(marking());
    const terminal = await asked();
    expect(terminal.screen()).toContain("preInstallScript");
    expect(existsSync(cli.path("mark"))).toBe(false);
    terminal.write("y\r");
    expect(await terminal.exitCode).toBe(0);
    expect(existsSync(cli.path("mark"))).toBe(true);
    expect(await plainUp()).toMatchObject({ code: 0 });
  });

  test.each([
    ["n", "n\r"],
    ["only Enter", "\r"],
    ["the end of the input", "\u0004"],
    ["another word", "yesterday\r"],
  ])("%s is a no", async (_, keys) => {
    await writeSpec(marking());
    const terminal = await asked();
    terminal.write(keys);
    expect(await terminal.exitCode).toBe(2);
    expect(existsSync(cli.path("mark"))).toBe(false);
    expectRefused(await plainUp());
  });
});

test("a yes is to what was shown, not to what is there when it is typed", async () => {
  await writeSpec({ approvalPolicy: "never" });
  const terminal = cli.inTerminal(["up", "app", ...upFlags]);
  await until(() => terminal.screen().includes("[y/N]"), "the question");
  await writeSpec(marking());
  terminal.write("y\r");
  expect(await terminal.exitCode).toBe(0);
  expect(existsSync(cli.path("mark"))).toBe(false);
  expectRefused(await plainUp());
});

test("--noyolo refuses before anybody is asked, and --trust-spec changes nothing about it", async () => {
  await writeSpec({ approvalPolicy: "never" });
  for (const flags of [["--noyolo"], ["--noyolo", "--trust-spec"]]) {
    expect(await plainUp(...flags)).toMatchObject({ code: 2, stderr: expect.stringContaining("--noyolo") as string });
  }
  expect(existsSync(cli.path("state", "trust"))).toBe(false);
});

test("every input that asks is refused by `up`, and passes after `trust`", async () => {
  // No engine answers: nothing is started.
  const env = { DOCKER_HOST: "tcp://127.0.0.1:9", K: "k", CI_TOKEN: "c", HTTPS_PROXY: "http://127.0.0.1:9" };
  const up = (): Promise<CliRun> => cli.run(["up", "app", "--engine", "docker"], { env });
  const context = { directory: cli.path("app"), realPath: (path: string) => path };
  // Its example is a file beside the spec, which no yes allows.
  const { "api.token": _, ...examples } = inputExamples;
  let refused = 0;
  for (const [path, [spec]] of Object.entries(examples)) {
    await writeSpec(spec as object);
    const asks = asksOf(parseSpec(spec), context).length > 0;
    expect([path, (await up()).stderr.includes("asks for more than the defaults")]).toEqual([path, asks]);
    if (!asks) continue;
    refused += 1;
    await cli.json(["trust", "app"]);
    expect([path, (await up()).stderr.includes("asks for more than the defaults")]).toEqual([path, false]);
  }
  expect(refused).toBeGreaterThan(60);
}, 300_000);

test.each([
  ["deep.json", `{"extraSettings":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`],
  ["deep.yaml", `extraSettings: ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ["prototype.json", '{"__proto__":{"sandboxMode":"danger-full-access"}}'],
  ["cycle.yaml", "extraSettings: &a\n  b: *a\n"],
])("%s is refused whatever its user says", async (name, text) => {
  await writeFile(cli.path("app", name), text);
  const refused = await plainUp("--spec", `app/${name}`, "--trust-spec");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: /) as string });
});

test("a spec in the project of another workspace needs a yes", async () => {
  await mkdir(cli.path("other"));
  await writeFile(cli.path("other", "spec.json"), JSON.stringify({ approvalPolicy: "never" }));
  const check = (): Promise<CliRun> => cli.run(["config", "check", "--directory", "app", "--spec", "other/spec.json"]);
  expect(await check()).toMatchObject({ code: 0 });
  await cli.up(["other"]);
  expectRefused(await check());
});

describe("trust", () => {
  test("--show stores nothing, the command stores the answer for this user alone, --revoke removes it", async () => {
    await writeSpec(marking());
    const shown = await cli.json(["trust", "app", "--show"]);
    expect(shown).toMatchObject({ directory: cli.path("app"), trusted: false, asks: [{ path: "preInstallScript" }] });
    expect((await cli.run(["trust", "app", "--show"])).stdout).toContain("preInstallScript: ");
    expectRefused(await plainUp());

    expect(await cli.json(["trust", "app", "--hash", shown["hash"] as string])).toMatchObject({ trusted: true });
    const [answer = ""] = await readdir(cli.path("state", "trust"));
    expect((await stat(cli.path("state", "trust", answer))).mode & 0o777).toBe(0o600);
    expect(await plainUp()).toMatchObject({ code: 0 });

    await cli.json(["trust", "app", "--revoke"]);
    expectRefused(await plainUp());
  });

  test("--hash refuses another content", async () => {
    await writeSpec(marking());
    const { hash } = await cli.json(["trust", "app", "--show"]);
    await writeSpec({ ...marking("other"), approvalPolicy: "never" });
    expect(await cli.run(["trust", "app", "--hash", hash as string])).toMatchObject({ code: 2 });
    expectRefused(await plainUp());
  });

  test("a directory that holds the state or the program itself is refused", async () => {
    const run = await cli.run(["up", ".", ...upFlags]);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("the agent could write");
  });
});
