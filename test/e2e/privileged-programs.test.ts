import { execFileSync } from "node:child_process";
import { chmod, chown, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { containerPaths } from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { up } from "../support/container.ts";
import { docker, testLabel, withoutDocker } from "../support/docker.ts";
import { removeImages, testImage, testImageBuild } from "../support/image.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
const title = (text: string): string => `${text}${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`;

/** Every program that the wrapper, the image or Docker starts in a workspace, and what is often started by name. */
const names = [
  ...["setpriv", "env", "node", "launch", "codex", "git", "test", "true", "chown", "chmod", "sh", "bash", "tini"],
  ...["docker-init", "init", "kill", "ps", "id", "stty", "bwrap", "mkdir", "cat", "sandbox-exec", "agent-wrapper"],
];

/** What makes a loader, an interpreter or a library take code or settings from a place that the agent writes. */
const steering = {
  PATH: "/workspace/trojans:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LD_PRELOAD: "/workspace/trojans/mark.so",
  LD_LIBRARY_PATH: "/workspace/trojans",
  LD_AUDIT: "/workspace/trojans/mark.so",
  GCONV_PATH: "/workspace/trojans",
  LOCPATH: "/workspace/trojans",
  NODE_OPTIONS: "--require=/workspace/trojans/mark.cjs",
  NODE_PATH: "/workspace/trojans",
  BASH_ENV: "/workspace/trojans/mark.sh",
  ENV: "/workspace/trojans/mark.sh",
  CODEX_WORKSPACE_CONFIG: "/workspace/trojans",
};

describe.skipIf(reason !== undefined)(title("a base image whose environment points into the project"), () => {
  const name = `privileged-programs-test-${process.pid}`;
  const base = `codex-workspace-test/steering:${process.pid}`;
  let cli: TestCli;
  let workspace: WorkspaceHttp;

  beforeAll(async () => {
    const variables = Object.entries(steering).map(([variable, value]) => `ENV ${variable}=${value}`);
    const dockerfile = [`FROM ${testImageBuild.baseImage!}`, ...variables].join("\n");
    await docker(["build", "--label", `${testLabel}=privileged-programs`, "--tag", base, "-"], dockerfile);
    cli = await TestCli.create("docker");
    await plantTrojans(cli.path(name));
    workspace = await up(cli, name, spec("true"));
  }, 600_000);
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await removeImages([base]);
  });

  function spec(script: string): Parameters<typeof up>[2] {
    return {
      image: { build: { ...testImageBuild, baseImage: base } },
      preInstallScript: `${script}\n`,
      postInstallScript: `#!/bin/bash\n${script}\n`,
    };
  }

  async function marks(): Promise<string[]> {
    return (await readdir(cli.path(name, "marks"))).sort();
  }

  test("steers nothing of root: start, turn, terminal, reload, health check, stop", async () => {
    await workspace.ask('#model: run env true; node --eval ""');
    await workspace.post("/message", { type: "raw", content: "" });
    const health = ["container", "inspect", "-f", "{{.State.Health.Status}}", `codex-workspace-${name}`];
    await until(async () => (await docker(health)) === "healthy", "a healthy container", 60_000);
    await up(cli, name, spec("true 2"));
    await docker(["restart", `codex-workspace-${name}`]);
    await until(async () => (await docker(health)) === "healthy", "a healthy container", 60_000);
    await cli.run(["down", "--name", name]);

    expect((await marks()).filter((mark) => mark.endsWith("-0"))).toEqual([]);
  }, 300_000);

  test("reaches Codex and its commands whole", async () => {
    expect(await marks()).toEqual(
      expect.arrayContaining(["found-id-1000", "preloaded-node-1000", "required-1000", "sourced-1000"]),
    );
  });
});

describe.skipIf(reason !== undefined)(title("launch"), () => {
  const seed = Date.now() % 2 ** 31;

  /** Runs a Node program as root in the image, with what a workspace's container may. */
  async function inImage(program: string): Promise<string> {
    const capabilities = ["CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"].flatMap((one) => ["--cap-add", one]);
    return docker(
      [
        ...["run", "--rm", "-i", "--label", `${testLabel}=privileged-programs`, "--cap-drop", "ALL", ...capabilities],
        ...["--entrypoint", containerPaths.nodeProgram, await testImage(), "-"],
      ],
      program,
    );
  }

  test(`hands on every variable as it is (seed ${seed})`, async () => {
    const program = `
      const { execFileSync } = require("node:child_process");
      let state = ${seed};
      const random = (below) => (state = (state * 48271) % 2147483647) % below;
      const characters = [..."abcXYZ_09 \\n\\t=;'\\"\\\\$\`%#-.\\u00e4\\u20ac\\u{1f600}\\x01\\x7f"];
      const text = (length, without = "") => Array.from({ length }, () => characters[random(characters.length)])
        .filter((character) => !without.includes(character)).join("");
      const variables = new Map([["LD_PRELOAD", "/x.so"], ["PATH", "/none"], ["CODEX_WORKSPACE_CHILD_X", "y"], ["E", ""]]);
      while (variables.size < 400) variables.set("v" + text(1 + random(20), "="), text(random(200)));
      variables.set("LONG", "x".repeat(100000));
      const env = Object.fromEntries([...variables].map(([name, value]) => ["CODEX_WORKSPACE_CHILD_" + name, value]));
      env.NOT_SET_ASIDE = "dropped";
      const launched = execFileSync("${containerPaths.launchProgram}", ["as", "1000", "/", "/bin/cat", "/proc/self/environ"], { env });
      const expected = Buffer.from([...variables].map(([name, value]) => name + "=" + value + "\\0").sort().join(""));
      const found = Buffer.from(launched.toString().split("\\0").slice(0, -1).map((one) => one + "\\0").sort().join(""));
      console.log(found.equals(expected) ? "equal " + variables.size : JSON.stringify([found.toString(), expected.toString()]));`;
    expect(await inImage(program)).toBe("equal 401");
  });

  test("leaves no privilege and no group", async () => {
    const program = `
      const { execFileSync, spawnSync } = require("node:child_process");
      const launch = (...args) => execFileSync("${containerPaths.launchProgram}", args, { env: {} }).toString();
      const status = launch("as", "1000", "/tmp", "/bin/cat", "/proc/self/status");
      for (const key of ["Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"])
        console.log(new RegExp("^" + key + ":.*$", "m").exec(status)[0].trim().replaceAll("\\t", " "));
      console.log(launch("as", "1000", "/tmp", "/bin/pwd").trim());
      for (const args of [["as", "0", "/", "/bin/id"], ["as", "-1", "/", "/bin/id"], ["as", "4294967295", "/", "/bin/id"],
        ["as", "1000x", "/", "/bin/id"], ["as", "1000", "/", "id"], ["own", "id"], ["as", "1000", "/root", "/bin/id"], []])
        console.log(spawnSync("${containerPaths.launchProgram}", args, { env: { PATH: "/bin" } }).status);`;
    expect((await inImage(program)).split("\n")).toEqual([
      "Uid: 1000 1000 1000 1000",
      "Gid: 1000 1000 1000 1000",
      "Groups:",
      ...["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((key) => `${key}: 0000000000000000`),
      "NoNewPrivs: 1",
      "/tmp",
      ...["126", "126", "126", "126", "125", "125", "126", "125"],
    ]);
  });
});

/** Programs under the names of others, a library and modules: each leaves its mark, and the user it ran as. */
async function plantTrojans(project: string): Promise<void> {
  const program = (file: string): string => fileURLToPath(new URL(`../support/programs/${file}`, import.meta.url));
  const at = (file: string): string => `${project}/trojans/${file}`;
  await mkdir(at(""), { recursive: true });
  await mkdir(`${project}/marks`);
  for (const name of names) {
    await copyFile(program("leaves-its-mark.sh"), at(name));
    await chmod(at(name), 0o755);
  }
  const library = ["-shared", "-fPIC", '-DMARKS="/workspace/marks"', "-o", at("mark.so"), program("leaves-its-mark.c")];
  execFileSync("gcc", library);
  await writeFile(
    at("mark.cjs"),
    'require("node:fs").writeFileSync("/workspace/marks/required-" + process.getuid(), "");',
  );
  await writeFile(at("mark.sh"), ': >"/workspace/marks/sourced-$(/usr/bin/id -u)"\n');
  for (const directory of [project, at(""), `${project}/marks`]) await chown(directory, 1000, 1000);
  await chmod(`${project}/marks`, 0o777);
}
