import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { fullSpec, planOf, secretValues } from "../../test-support/plan-of.ts";
import { configManifestSchema } from "../config-manifest.ts";
import { toWorkspaceRequests } from "../docker/to-requests.ts";
import { Secret } from "../secret.ts";
import { tokenFileSchema } from "../token-file.ts";
import { wrapperConfigSchema } from "../wrapper-config.ts";
import { containerLayout, localLayout } from "./layout.ts";
import { renderFiles, type RenderedFile, type RenderedWorkspace } from "./render-files.ts";

function rendered(spec: unknown, options: Parameters<typeof planOf>[1] = {}): RenderedWorkspace {
  const plan = planOf(spec, options);
  return renderFiles(plan, containerLayout(plan));
}

function fileOf({ files }: RenderedWorkspace, path: string): RenderedFile {
  const found = files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`${path} is not among ${files.map((file) => file.path).join(", ")}`);
  return found;
}

test.each([
  ["minimal", {}],
  ["full", fullSpec],
])("the files of a %s spec", async (name, spec) => {
  for (const { path, content } of rendered(spec).files) {
    if (typeof content === "string") await expect(content).toMatchFileSnapshot(`__golden__/${name}.${path}`);
  }
});

test("workspace.json is what the wrapper's schema asks for", () => {
  for (const spec of [{}, fullSpec]) {
    const result = rendered(spec);
    const wrapper = wrapperConfigSchema.parse(JSON.parse(String(fileOf(result, "workspace.json").content)));
    expect(wrapper.configHash).toBe(result.configHash);
  }
});

test("with a grant for GitHub git is led to the gateway, whatever address of a repository it is given", () => {
  const spec = { grants: ["github"] };
  const grants = [{ name: "github", host: "ghe.example.com:8443", secret: new Secret(secretValues.grant) }];
  expect(fileOf(rendered(spec, { gateways: true, grants }), "gitconfig")).toEqual({
    path: "gitconfig",
    mode: 0o444,
    content: [
      '[url "http://127.0.0.1:3285/github/git/"]',
      "\tinsteadOf = https://ghe.example.com:8443/",
      "\tinsteadOf = git@ghe.example.com:",
      "\tinsteadOf = ssh://git@ghe.example.com/",
      "",
    ].join("\n"),
  });
  const hashes = [rendered(spec, { gateways: true }), rendered(spec, { gateways: true, grants })].map(
    ({ configHash }) => configHash,
  );
  expect(hashes[0]).not.toBe(hashes[1]);
  expect(rendered({}, { gateways: true }).files.map(({ path }) => path)).not.toContain("gitconfig");
});

test("a file is there only when the spec has something to say in it", () => {
  const keyless = { modelProvider: { baseUrl: "http://models.example.com/v1" } };
  expect(rendered(keyless).files.map(({ path }) => path)).toEqual([
    "workspace.json",
    "config.toml",
    "tokens.json",
    "manifest.json",
  ]);
  expect(rendered({ ...keyless, systemPrompt: "" }).files.map(({ path }) => path)).toContain("AGENTS.md");
  expect(rendered({}).files.map(({ path }) => path)).toContain("secrets/model-key");
  expect(rendered({}, { demoModelUrl: "http://demo" }).files.map(({ path }) => path)).not.toContain(
    "secrets/model-key",
  );
});

test("the model key is in one file, as a Secret that root alone may read; no other text has a secret in it", () => {
  const result = rendered(fullSpec);
  const key = fileOf(result, "secrets/model-key");
  expect(key).toMatchObject({ content: expect.any(Secret) as unknown, mode: 0o400 });
  expect((key.content as Secret).reveal()).toBe(secretValues.env);
  for (const value of Object.values(secretValues)) {
    expect(inspect(result, { depth: 10, showHidden: true }) + JSON.stringify(result)).not.toContain(value);
  }
});

test("a secret variable is in one file that root alone may read, and never among the agent's commands' variables", () => {
  const result = rendered({ env: { CI: "1", TOKEN: { file: "token" } } });
  const file = fileOf(result, "secrets/environment.json");
  expect((file.content as Secret).reveal()).toBe(JSON.stringify({ TOKEN: secretValues.file }));
  const wrapper = wrapperConfigSchema.parse(JSON.parse(String(fileOf(result, "workspace.json").content)));
  expect(wrapper.codex.env).toEqual({ CI: "1" });
  expect(wrapper.codex.overrides["shell_environment_policy.exclude"]).toEqual([
    "TOKEN",
    "CODEX_WORKSPACE_*",
    "GIT_NO_LAZY_FETCH",
  ]);
  expect(rendered({ env: { CI: "1" } }).files.map(({ path }) => path)).not.toContain("secrets/environment.json");
});

test("the agent may read what is for Codex, and not the hashes of tokens", () => {
  const modes = Object.fromEntries(rendered(fullSpec).files.map(({ path, mode }) => [path, mode]));
  expect(modes).toEqual({
    "workspace.json": 0o400,
    "tokens.json": 0o400,
    "config.toml": 0o444,
    "profiles/deep.config.toml": 0o444,
    "profiles/quick.config.toml": 0o444,
    "requirements.toml": 0o444,
    "AGENTS.md": 0o444,
    "project-AGENTS.md": 0o444,
    "pre-install": 0o555,
    "post-install": 0o555,
    "secrets/model-key": 0o400,
    "secrets/environment.json": 0o400,
    "ca-certificates.pem": 0o444,
    "manifest.json": 0o400,
  });
});

test("the hash follows the configuration, not the secrets", () => {
  const { configHash } = rendered(fullSpec);
  const otherSecrets = {
    resolveSecret: (reference: object) => new Secret(`rotated-${Object.keys(reference).join("")}`),
    generatedToken: new Secret("rotated"),
  };
  expect(rendered(fullSpec, otherSecrets).configHash).toBe(configHash);
  for (const change of [
    { model: "other" },
    { systemPrompt: "Other." },
    { projectSystemPrompt: { text: "Other.", changeTrackedFile: true } },
    { workdir: "/other" },
    { initialPrompt: "Go" },
    { profile: "quick" },
    { profile: "quick", profiles: { ...fullSpec.profiles, deep: {} } },
    { profiles: { ...fullSpec.profiles, same: {} } },
    { env: { CI: "2" } },
    { caCertificates: [] },
    { enforce: { approvalPolicies: ["on-request", "never"] } },
  ]) {
    expect(rendered({ ...fullSpec, ...change }).configHash).not.toBe(configHash);
  }
});

test("a rotated token changes tokens.json and no other file", () => {
  const contents = (token: string): unknown[] =>
    rendered({}, { generatedToken: new Secret(token) }).files.map(({ path, content }) =>
      path === "tokens.json" ? [path] : [path, content],
    );
  const tokensOf = (token: string): unknown =>
    fileOf(rendered({}, { generatedToken: new Secret(token) }), "tokens.json").content;
  expect(contents("one")).toEqual(contents("two"));
  expect(tokensOf("one")).not.toBe(tokensOf("two"));
});

test("the manifest is the last file, and has the hash of every other but tokens.json, which changes without it", () => {
  const result = rendered(fullSpec);
  const last = result.files.at(-1);
  expect(last).toMatchObject({ path: "manifest.json", content: expect.any(Secret) as unknown });
  const manifest = configManifestSchema.parse(JSON.parse(textOf(last?.content)));
  const hashes = result.files
    .filter(({ path }) => path !== "tokens.json" && path !== "manifest.json")
    .map(({ path, content }) => [path, createHash("sha256").update(textOf(content)).digest("hex")]);
  expect(manifest.files).toEqual(Object.fromEntries(hashes));

  const rotated = (reference: object): Secret => new Secret(`rotated-${Object.keys(reference).join("")}`);
  const manifestOf = (options: Parameters<typeof planOf>[1]): string =>
    textOf(fileOf(rendered(fullSpec, options), "manifest.json").content);
  expect(manifestOf({ generatedToken: new Secret("rotated") })).toBe(manifestOf({}));
  expect(manifestOf({ resolveSecret: rotated })).not.toBe(manifestOf({}));
});

function textOf(content: string | Secret | undefined): string {
  return content instanceof Secret ? content.reveal() : String(content);
}

test("tokens.json is what the wrapper's schema asks for: names, hashes, scopes, ends", () => {
  const { tokens } = tokenFileSchema.parse(JSON.parse(String(fileOf(rendered(fullSpec), "tokens.json").content)));
  expect(tokens).toEqual([
    {
      name: "api.token",
      sha256: createHash("sha256").update(secretValues.file).digest("hex"),
      scopes: ["read", "prompt", "approve", "terminal", "admin"],
    },
    {
      name: "ci",
      sha256: createHash("sha256").update(secretValues.env).digest("hex"),
      scopes: ["read", "prompt"],
      expiresAt: "2027-01-31T00:00:00+01:00",
    },
  ]);
});

test("an API without tokens has no such file, and workspace.json says that it needs none", () => {
  const plan = planOf({ api: { auth: "none" } });
  const local = renderFiles(plan, localLayout(plan, { directory: "/state/demo", codexProgram: "/opt/codex" }));
  const wrapper = wrapperConfigSchema.parse(JSON.parse(String(fileOf(local, "workspace.json").content)));
  expect(wrapper.api.auth).toBe("none");
  expect(local.files.map(({ path }) => path)).not.toContain("tokens.json");
  const inContainer = { image: "codex", gatewayImage: "gateway", rendered: local, seccomp: "{}" };
  expect(() => toWorkspaceRequests(plan, inContainer)).toThrow(/loopback address is the agent's own/);
});

test("the order in which a spec is written changes nothing", () => {
  const reversed = Object.fromEntries(Object.entries(fullSpec).reverse());
  expect(rendered(reversed).configHash).toBe(rendered(fullSpec).configHash);
});

test("the local engine has the same files but for places, users and the address", () => {
  const plan = planOf(fullSpec);
  const here = renderFiles(plan, localLayout(plan, { directory: "/state/demo", codexProgram: "/opt/codex" }));
  const wrapper = (result: RenderedWorkspace) =>
    wrapperConfigSchema.parse(JSON.parse(String(fileOf(result, "workspace.json").content)));
  const inContainer = renderFiles(plan, containerLayout(plan));
  expect(wrapper(here)).toEqual({
    ...wrapper(inContainer),
    configHash: here.configHash,
    users: "single",
    codex: { ...wrapper(inContainer).codex, program: "/opt/codex" },
    paths: {
      workdir: "/srv/app",
      codexHome: "/state/demo/volatile/codex-home",
      terminalHome: "/state/demo/volatile/terminal-home",
      state: "/state/demo/volatile/wrapper",
      uploads: "/state/demo/volatile/uploads",
      caBundle: "/state/demo/ca-certificates.pem",
    },
    api: { ...wrapper(inContainer).api, listen: { host: "127.0.0.1", port: 4000 } },
  });
  expect(fileOf(here, "config.toml")).toEqual(fileOf(inContainer, "config.toml"));
});

test("of the local engine, what persists is apart from what ends with a run", () => {
  const homes = (spec: unknown): string[] => {
    const { codexHome, terminalHome, state } = localLayout(planOf(spec), {
      directory: "/state/demo",
      codexProgram: "/c",
    });
    return [codexHome, terminalHome, state];
  };
  expect(homes({})).toEqual(["/state/demo/codex-home", "/state/demo/terminal-home", "/state/demo/wrapper"]);
  for (const path of homes({ statePersistence: false })) expect(path).toMatch(/^\/state\/demo\/volatile\//);
});
