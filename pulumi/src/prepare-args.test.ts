import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@codex-workspace/core";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import type { CodexWorkspaceArgs } from "./args.ts";
import { outlineArgs, prepareArgs } from "./prepare-args.ts";

const own = { workspaceName: "demo", demoModel: true };
const api = { token: pulumi.secret("token-of-the-test") };

/** As JavaScript passes them, of any shape. */
function problemsIn(args: object): string[] {
  try {
    const { transform = {}, ...inputs } = { ...own, ...args } as CodexWorkspaceArgs;
    outlineArgs("agent", inputs, transform);
    return [];
  } catch (error) {
    if (!pulumi.InputPropertiesError.isInstance(error)) throw error;
    return error.errors.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
  }
}

/** What an output has in the end. */
function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value: T) => resolve(value));
  });
}

test("right args have no problem", () => {
  expect(problemsIn({ api, systemPrompt: "Be brief.", env: { KEY: pulumi.secret("k"), CI: "1" } })).toEqual([]);
});

test("every wrong property is told at once, with its path and what is allowed", () => {
  const own = { onConfigChange: "restart", waitTimeoutSeconds: 0, grantKeys: { wiki: { key: "in-clear", hots: "" } } };
  const problems = problemsIn({ ...own, api, sandboxMode: "open", network: { allow: ["*.com"] }, modle: "x" });
  expect(problems).toEqual([
    'onConfigChange: expected "reload" or "replace", got "restart"',
    "waitTimeoutSeconds: expected a whole number of seconds above 0, got 0",
    "grantKeys.wiki.key: expected a secret, { env: NAME } or { file: PATH }",
    "grantKeys.wiki.hots: unknown; allowed here: key, host",
    expect.stringMatching(/^sandboxMode: expected one of .* got "open"$/),
    expect.stringMatching(/^network\.allow\[0\]: /),
    "modle: unknown; did you mean `model`?",
  ]);
});

test("a token is asked for, and one in clear is refused without being shown", () => {
  expect(problemsIn({})).toEqual([expect.stringMatching(/^api\.token: is missing/)]);
  const [problem] = problemsIn({ api: { token: "in-clear" } });
  expect(problem).toMatch(/^api\.token: /);
  expect(problem).not.toContain("in-clear");
});

test("what cannot be had of the Docker provider is refused, and the limits that can are not", () => {
  expect(problemsIn({ api, resources: { pids: 512 } })).toEqual([expect.stringMatching(/^resources\.pids: /)]);
  expect(problemsIn({ api, resources: { memoryMiB: 1024, cpus: 1.5, shmMiB: 128 } })).toEqual([]);
});

test("what comes later is not judged before, and the rest is", () => {
  const later = pulumi.output("later");
  const args = {
    api,
    mcpServers: { wiki: { url: later } },
    image: { prebuilt: later },
    modelProvider: { baseUrl: later },
  };
  expect(problemsIn(args)).toEqual([]);
  expect(problemsIn({ ...args, personality: "rude" })).toEqual([expect.stringMatching(/^personality: /)]);
  const proxy = pulumi.secret("http://me:password@proxy.test:3128");
  expect(problemsIn({ api, network: { upstreamProxy: proxy }, labels: { "a.b": later } })).toEqual([]);
});

test("what decides the resources is refused where it comes later", () => {
  const later = pulumi.output("later");
  const args = { api, network: { mode: later, allow: later }, project: { volume: later }, grantKeys: { "a.b": later } };
  expect(problemsIn({ ...args, workspaceName: later, statePersistence: later, model: later })).toEqual(
    ["workspaceName", "network.mode", "project.volume", 'grantKeys."a.b"', "statePersistence"].map(
      (path) => `${path}: has to be known when the program runs, and is an output`,
    ),
  );
});

test("each grant has its key, and the host that follows from the spec or is written beside it", async () => {
  const key = pulumi.secret("key-of-the-test");
  const grants = ["openai", "issues"];
  const args = { api, grants, grantKeys: { openai: { key }, issues: { key, host: "issues.test" } } };
  expect(problemsIn(args)).toEqual([]);
  const { requests } = await valueOf(prepareArgs("agent", { ...own, demoModel: false, ...args }));
  const files = requests.containers.flatMap((container) => container.files);
  const withKey = files.filter(
    ({ content }) => content instanceof Secret && content.reveal().includes("key-of-the-test"),
  );
  expect(withKey).not.toEqual([]);

  expect(problemsIn({ ...args, grants: [...grants, "github"], grantKeys: { openai: { key } } })).toEqual([
    "grants[1]: has no key: give it in `grantKeys.issues.key`",
    "grants[2]: has no key: give it in `grantKeys.github.key`",
  ]);
  expect(problemsIn({ ...args, grantKeys: { ...args.grantKeys, wiki: { key }, issues: { key } } })).toEqual([
    "grantKeys.issues.host: is missing: the host that the key is for",
    'grants: does not name "wiki", and `grantKeys.wiki` means nothing without',
  ]);
  const later = pulumi.output("issues.test");
  expect(problemsIn({ ...args, grantKeys: { ...args.grantKeys, issues: { key, host: later } } })).toEqual([]);
});

test("conflicts of right values are told before anything is created too", () => {
  const [problem] = problemsIn({ api, extraSettings: { sandbox_workspace_write: "yes" } });
  expect(problem).toMatch(/sandbox_workspace_write/);
});

test("a secret output is a secret where the spec takes one", async () => {
  const { token, requests } = await valueOf(
    prepareArgs("agent", { ...own, api, env: { ISSUES_TOKEN: pulumi.secret("value-of-the-secret") } }),
  );
  expect(token).toBeInstanceOf(Secret);
  const files = requests.containers.flatMap((container) => container.files);
  const withSecret = files.filter(
    ({ content }) => content instanceof Secret && content.reveal().includes("value-of-the-secret"),
  );
  expect(withSecret.map(({ path }) => path)).toEqual(["/etc/codex-workspace/secrets/environment.json"]);
});

test("of an object that is secret as a whole, every string is a secret", async () => {
  const args = {
    ...own,
    api: pulumi.secret({ port: 4000, token: "token-of-the-test" }),
  } as unknown as CodexWorkspaceArgs;
  const { token, requests } = await valueOf(prepareArgs("agent", args));
  expect(token.reveal()).toBe("token-of-the-test");
  expect(requests.containers.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort))).toEqual([4000]);
});

test("a container is replaced for what it takes on at its start alone, and the workspace for its configuration if asked to", async () => {
  const replacedOn = async (args: object) => (await valueOf(prepareArgs("agent", { ...own, api, ...args }))).replacedOn;
  const before = await replacedOn({});
  const { "egress-proxy": egress, ...same } = await replacedOn({ network: { allow: ["example.com"] } });
  expect(before).toEqual({ ...same, "egress-proxy": before["egress-proxy"] });
  expect(egress).not.toBe(before["egress-proxy"]);
  expect(await replacedOn({ systemPrompt: "Be brief." })).toEqual(before);
  for (const args of [{ resources: { tmpMiB: 64 } }, { project: { volume: "sources" } }]) {
    const { workspace, ...rest } = await replacedOn(args);
    expect(before).toEqual({ ...rest, workspace: before["workspace"] });
    expect(workspace).not.toBe(before["workspace"]);
  }
  const replacing = { onConfigChange: "replace" } as const;
  expect(await replacedOn({ systemPrompt: "Be brief.", ...replacing })).not.toEqual(await replacedOn(replacing));
});

test("the outline has the resources of the whole", async () => {
  const args = {
    ...own,
    api,
    network: { mode: "open" },
    statePersistence: false,
    project: { bind: "/srv/app" },
  } as const;
  const names = ({
    volumes,
    containers,
  }: {
    volumes: readonly { name: string }[];
    containers: readonly { name: string }[];
  }) => [...volumes, ...containers].map(({ name }) => name);
  const outline = names(outlineArgs("agent", args, {}).outline.requests);
  expect(outline).toEqual(names((await valueOf(prepareArgs("agent", args))).requests));
  expect(outline).not.toContain("codex-workspace-demo-home");
  expect(names(outlineArgs("agent", { ...own, api }, {}).outline.requests)).toContain("codex-workspace-demo-home");
});

test("a secret file in the directory that is bound as the project is refused, and beside it read", async () => {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  try {
    await mkdir(join(directory, "project"));
    for (const file of ["key", join("project", "key")]) await writeFile(join(directory, file), "key-in-a-file");
    const keyIn = (file: string): object => ({
      api,
      project: { bind: join(directory, "project") },
      env: { KEY: { file: join(directory, file) } },
    });
    expect(problemsIn(keyIn("key"))).toEqual([]);
    expect(problemsIn(keyIn(join("project", "key")))).toEqual([expect.stringContaining("Move the secret file out")]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a limit that the provider cannot change in a running container replaces the workspace", async () => {
  const replacing = async (resources?: object) =>
    (await valueOf(prepareArgs("agent", { ...own, api, resources }))).replacedOn["workspace"];
  const limits = [
    { set: { cpus: 1 }, changed: { cpus: 0.05 }, changeReplaces: true },
    { set: { tmpMiB: 64 }, changed: { tmpMiB: 128 }, changeReplaces: true },
    // The provider itself changes memory in place, and replaces the container for another shmMiB.
    { set: { memoryMiB: 512 }, changed: { memoryMiB: 1024 }, changeReplaces: false },
    { set: { shmMiB: 64 }, changed: { shmMiB: 128 }, changeReplaces: false },
  ];
  const unlimited = await replacing();
  expect(await replacing({})).toBe(unlimited);
  for (const { set, changed, changeReplaces } of limits) {
    expect(await replacing(set), JSON.stringify(set)).not.toBe(unlimited);
    expect((await replacing(changed)) !== (await replacing(set)), JSON.stringify(changed)).toBe(changeReplaces);
  }
});
