import fc from "fast-check";
import { expect, test } from "vitest";
import { fullSpec, planOf, secretValues } from "../../test-support/plan-of.ts";
import { CODEX_PIN } from "../codex-release.ts";
import { parseToml, renderToml, type TomlTable } from "../config/toml-table.ts";
import { WorkspaceError } from "../errors.ts";
import { containerLayout } from "../render/layout.ts";
import { renderFiles } from "../render/render-files.ts";
import { Secret } from "../secret.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { planWorkspace } from "./plan-workspace.ts";

const tableOf = (extraSettings: unknown, more: object = {}): TomlTable =>
  planOf({ ...more, extraSettings }).config.table;

const granular = {
  granular: { sandboxApproval: true, rules: false, mcpElicitations: true, skillApproval: false },
};

const refusal = (code: string, words: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(words) as unknown });

test("an empty spec is decided by the documented defaults", () => {
  const plan = planOf({});
  expect(plan).toMatchObject({
    name: "demo",
    codexVersion: CODEX_PIN,
    image: { kind: "build", baseImage: "debian:bookworm-slim", nodeImage: "node:24-bookworm-slim", aptPackages: [] },
    workdir: "/workspace",
    project: { kind: "volume", name: undefined },
    session: { sandboxMode: "workspace-write", approvalPolicy: "on-request", initialPrompt: undefined },
    api: { port: 3284, hosts: ["localhost", "127.0.0.1", "[::1]"], origins: [] },
    model: { kind: "provider", baseUrl: "https://api.openai.com/v1" },
    services: [{ name: "workspace", program: "agent-wrapper" }],
    links: [],
    labels: {},
    warnings: [],
  });
  // Every key: what a thread is not started with, a repository's own config.toml may fill in.
  expect(plan.session.workspaceWrite).toEqual({
    writable_roots: [],
    network_access: true,
    exclude_tmpdir_env_var: false,
    exclude_slash_tmp: false,
  });
  expect(plan.api.tokens.map(({ name, token }) => [name, token.reveal()])).toEqual([
    ["api.token", secretValues.generatedToken],
  ]);
});

test("the key of the default provider is the one in OPENAI_API_KEY", () => {
  const asked: unknown[] = [];
  planOf({}, { resolveSecret: (reference) => (asked.push(reference), new Secret("value")) });
  expect(asked).toEqual([{ env: "OPENAI_API_KEY" }]);
});

test("same spec, same plan; and no secret can be read from it as JSON", () => {
  const plan = planOf(fullSpec);
  expect(plan).toEqual(planOf(fullSpec));
  for (const value of Object.values(secretValues)) expect(JSON.stringify(plan)).not.toContain(value);
  expect(plan.api.tokens.map(({ name, token }) => [name, token.reveal()])).toEqual([
    ["api.token", secretValues.file],
    ["ci", secretValues.env],
  ]);
  expect(plan.model).toMatchObject({ kind: "provider", key: new Secret(secretValues.env) });
});

test("the demo model takes the provider's place, as a service that the workspace is linked to", () => {
  const plan = planOf(fullSpec, { demoModelUrl: "http://demo-model:8787/v1" });
  expect(plan.model).toEqual({ kind: "demo", baseUrl: "http://demo-model:8787/v1" });
  expect(plan.services.map(({ name }) => name)).toEqual(["demo-model", "workspace"]);
  expect(plan.links).toEqual([{ from: "workspace", to: "demo-model" }]);
  expect(plan.config.table["model_providers"]).toEqual({
    workspace: {
      name: "Scripted demo model",
      base_url: "http://demo-model:8787/v1",
      wire_api: "responses",
      requires_openai_auth: false,
      supports_websockets: false,
    },
  });
});

test("only a provider with a key names the variable that holds it", () => {
  const providerOf = (modelProvider: object): unknown =>
    (planOf({ modelProvider }).config.table["model_providers"] as TomlTable)["workspace"];
  const baseUrl = "https://models.example.com/v1";
  expect(providerOf({ baseUrl, apiKey: { env: "K" } })).toMatchObject({ env_key: "CODEX_WORKSPACE_MODEL_KEY" });
  expect(providerOf({ baseUrl })).not.toHaveProperty("env_key");
});

test("typed inputs win over the defaults, extraSettings over the inputs", () => {
  const inputs = { sandboxMode: "read-only", approvalPolicy: "never", networkAccess: false, model: "a" };
  expect(planOf(inputs).config.table).toMatchObject({
    sandbox_mode: "read-only",
    approval_policy: "never",
    sandbox_workspace_write: { network_access: false },
    model: "a",
  });
  expect(tableOf({ sandbox_mode: "workspace-write", model: "b" }, inputs)).toMatchObject({
    sandbox_mode: "workspace-write",
    approval_policy: "never",
    model: "b",
  });
});

test("every typed input is Codex's key of that name", () => {
  const { table } = planOf({ ...fullSpec, approvalPolicy: granular, enforce: undefined }).config;
  expect(table).toMatchObject({
    approval_policy: {
      granular: { sandbox_approval: true, rules: false, mcp_elicitations: true, skill_approval: false },
    },
    sandbox_workspace_write: { network_access: false, writable_roots: ["/srv/cache"] },
    review_model: "gpt-5.5",
    model_reasoning_effort: "high",
    service_tier: "priority",
    personality: "pragmatic",
    model_context_window: 200_000,
    model_auto_compact_token_limit: 150_000,
    model_auto_compact_token_limit_scope: "total",
    tool_output_token_limit: 10_000,
    shell_environment_policy: {
      inherit: "core",
      ignore_default_excludes: true,
      exclude: ["AWS_*", "ISSUES_TOKEN", "CODEX_WORKSPACE_*", "GIT_NO_LAZY_FETCH"],
      set: { CI: "1" },
      include_only: ["PATH", "HOME"],
    },
    notify: ["/usr/local/bin/turn-ended", "--quiet"],
    agents: { max_threads: 4, max_depth: 1, job_max_runtime_seconds: 1800 },
    features: { goals: true, plugins: false },
    file_opener: "none",
  });
});

test("MCP servers are merged with those of extraSettings, which win key by key", () => {
  const servers = tableOf('[mcp_servers.docs]\nenabled = false\n[mcp_servers.more]\ncommand = "more"\n', {
    mcpServers: { docs: { command: "docs", enabled: true, tools: { read: { approvalMode: "approve" } } } },
  })["mcp_servers"];
  expect(servers).toEqual({
    docs: { command: "docs", enabled: false, tools: { read: { approval_mode: "approve" } } },
    more: { command: "more" },
  });
});

test("what every thread is started with has the granular policy and the writable directories", () => {
  const { session } = planOf({ approvalPolicy: granular, writableRoots: ["/srv/cache"] });
  expect(session.approvalPolicy).toEqual({
    granular: { sandbox_approval: true, rules: false, mcp_elicitations: true, skill_approval: false },
  });
  expect(session.workspaceWrite).toMatchObject({ network_access: true, writable_roots: ["/srv/cache"] });
});

test("baseConfigToml takes the place of our defaults; what it leaves out is Codex's own", () => {
  const plan = planOf({ baseConfigToml: 'model = "a"\n' });
  expect(plan.config.table).toMatchObject({ model: "a", model_provider: "workspace" });
  for (const key of ["sandbox_mode", "approval_policy", "sandbox_workspace_write"]) {
    expect(plan.config.table).not.toHaveProperty(key);
  }
  expect(plan.session).toMatchObject({
    sandboxMode: "workspace-write",
    approvalPolicy: "on-request",
    workspaceWrite: {},
    model: "a",
  });
  const base = 'sandbox_mode = "read-only"\napproval_policy = "never"\nmodel = "a"\n';
  expect(planOf({ baseConfigToml: base }).session).toMatchObject({ sandboxMode: "read-only", approvalPolicy: "never" });
  expect(planOf({ baseConfigToml: base, fullAuto: true, extraSettings: 'model = "b"' }).session).toMatchObject({
    sandboxMode: "workspace-write",
    approvalPolicy: "on-request",
    model: "b",
  });
});

test("a refused setting is named by the input that it was written in", () => {
  const refusalOf = (spec: object): unknown => {
    try {
      return planOf(spec);
    } catch (error) {
      return (error as WorkspaceError).problems[0]?.path;
    }
  };
  const bad = 'sandbox_mode = "open"';
  expect(refusalOf({ baseConfigToml: bad })).toBe("baseConfigToml.sandbox_mode");
  expect(refusalOf({ baseConfigToml: bad, extraSettings: bad })).toBe("extraSettings.sandbox_mode");
  expect(refusalOf({ baseConfigToml: "sandbox_workspace_write = 1" })).toBe("baseConfigToml.sandbox_workspace_write");
  expect(refusalOf({ baseConfigToml: "a = " })).toBe("baseConfigToml");
});

test.each([
  ['sandbox_mode = "danger-full-access"', { sandboxMode: "danger-full-access", approvalPolicy: "on-request" }],
  ['sandbox_mode = "read-only"', { sandboxMode: "read-only", approvalPolicy: "on-request" }],
  ['approval_policy = "never"', { sandboxMode: "workspace-write", approvalPolicy: "never" }],
  ["network_access = false", { sandboxMode: "workspace-write", workspaceWrite: { network_access: false } }],
])("the recipe `%s` is in force in config.toml and on every start of a thread", (recipe, session) => {
  const plan = planOf({ extraSettings: recipe });
  expect(plan.session).toMatchObject(session);
  const { sandbox_mode, approval_policy, sandbox_workspace_write } = parseToml(renderToml(plan.config.table), {
    layer: "config.toml",
  });
  expect(plan.session).toMatchObject({
    sandboxMode: sandbox_mode,
    approvalPolicy: approval_policy,
    workspaceWrite: sandbox_workspace_write,
  });
});

test("settings mean the same as TOML text and as an object", () => {
  const text = 'model_verbosity = "low"\n[mcp_servers.docs]\ncommand = "docs"\nargs = ["--stdio"]\n';
  const object = { model_verbosity: "low", mcp_servers: { docs: { command: "docs", args: ["--stdio"] } } };
  expect(tableOf(text)).toEqual(tableOf(object));
});

test("the platform's keys win, and are known as such", () => {
  const { config } = planOf({
    workdir: "/srv",
    trustProject: true,
    extraSettings: `
      check_for_update_on_startup = true
      model_provider = "openai"
      [features]
      plugins = true
      web_search = true
      [projects."/srv"]
      trust_level = "untrusted"
      [projects."/other"]
      trust_level = "untrusted"
      [model_providers.workspace]
      base_url = "https://elsewhere.example.com"
      query_params = { a = "b" }
    `,
  });
  expect(config.table).toMatchObject({
    check_for_update_on_startup: false,
    model_provider: "workspace",
    features: { plugins: false, web_search: true },
    projects: { "/srv": { trust_level: "trusted" }, "/other": { trust_level: "untrusted" } },
    model_providers: { workspace: { base_url: "https://api.openai.com/v1", query_params: { a: "b" } } },
  });
  const owned = config.platformKeys.map((path) => path.join(" "));
  expect(owned).toEqual(
    expect.arrayContaining([
      "model_provider",
      "features plugins",
      "projects /srv trust_level",
      "model_providers workspace base_url",
    ]),
  );
  expect(owned).not.toContain("features web_search");
  expect(owned).not.toContain("projects /other trust_level");
});

test("every platform key that is given as a flag is in config.toml too", () => {
  const { overrides, platformKeys } = planOf({}).config;
  const owned = platformKeys.map((path) => path.join("."));
  expect(owned).toEqual(expect.arrayContaining(Object.keys(overrides)));
});

test.each([
  ["features.daemon_auto_start", "0.162.0", "0.161.9"],
  ["features.unbounded_connection_retries", "0.155.0", "0.154.9"],
])("%s is set in Codex %s, and not in %s, which does not know it", (key, first, before) => {
  expect(planOf({ codexVersion: first }).config.overrides).toHaveProperty([key], false);
  expect(planOf({ codexVersion: "1.0.0" }).config.overrides).toHaveProperty([key], false);
  expect(planOf({ codexVersion: before }).config.overrides).not.toHaveProperty([key]);
});

test("a Codex that does not know how to give up reconnecting is not told to", () => {
  const retries = "features.unbounded_connection_retries";
  expect(planOf({ codexVersion: "0.155.0" }).config.overrides).toHaveProperty([retries], false);
  expect(planOf({ codexVersion: "0.140.0" }).config.overrides).not.toHaveProperty([retries]);
});

test("variables that the user keeps from the agent's commands stay excluded beside ours", () => {
  const excludeOf = (extraSettings: unknown): unknown =>
    (tableOf(extraSettings)["shell_environment_policy"] as TomlTable)["exclude"];
  expect(excludeOf({})).toEqual(["CODEX_WORKSPACE_*", "GIT_NO_LAZY_FETCH"]);
  expect(excludeOf({ shell_environment_policy: { exclude: ["AWS_*"], inherit: "core" } })).toEqual([
    "AWS_*",
    "CODEX_WORKSPACE_*",
    "GIT_NO_LAZY_FETCH",
  ]);
});

test.each([
  ['features = "none"', "TOML_CONFLICT", { path: "features", message: /a string in extraSettings$/ }],
  ["features = 1", "TOML_CONFLICT", { path: "features", message: /^is a table in platform/ }],
  ["model_providers = []", "TOML_CONFLICT", { path: "model_providers", message: /an array in extraSettings/ }],
  ["[model_provider]", "TOML_CONFLICT", { path: "model_provider", message: /is a table in extraSettings/ }],
  ["[sandbox_mode]", "TOML_CONFLICT", { path: "sandbox_mode", message: /a string in defaults$/ }],
  ['sandbox_mode = "open"', "SPEC_INVALID", { path: "extraSettings.sandbox_mode", message: /got "open"$/ }],
  ["sandbox_mode = 9223372036854775807", "SPEC_INVALID", { path: "extraSettings.sandbox_mode", message: /got 9/ }],
  [
    "approval_policy = 9223372036854775807",
    "SPEC_INVALID",
    { path: "extraSettings.approval_policy", message: /2\^53/ },
  ],
  [
    "sandbox_workspace_write.roots = [[inf]]",
    "SPEC_INVALID",
    { path: "extraSettings.sandbox_workspace_write.roots.0.0", message: /infinity/ },
  ],
  [
    'shell_environment_policy.exclude = "AWS_*"',
    "SPEC_INVALID",
    { path: "extraSettings.shell_environment_policy.exclude", message: /list of patterns/ },
  ],
  ["a = 1\na = 2", "TOML_INVALID", { path: "extraSettings", message: /./ }],
])("the settings `%s` are refused", (extraSettings, code, { path, message }) => {
  expect(() => planOf({ extraSettings })).toThrow(
    expect.objectContaining({
      code,
      problems: [expect.objectContaining({ path, message: expect.stringMatching(message) as unknown }) as unknown],
    }),
  );
});

test("settings that inherit or shadow what every object has do no harm", () => {
  const hostile = '["__proto__"]\npolluted = true\n[constructor]\nname = "x"\n';
  const table = tableOf(hostile);
  expect(renderToml(table)).toContain("[__proto__]\npolluted = true");
  expect(table).toMatchObject({ constructor: { name: "x" }, model_provider: "workspace" });
  expect({}).not.toHaveProperty("polluted");
  expect(tableOf(JSON.parse('{"__proto__": {"polluted": true}}'))).not.toHaveProperty("polluted");
});

test("an empty secret is refused: it would open the API to everybody", () => {
  const empty = { resolveSecret: () => new Secret(" \n") };
  expect(() => planOf({ api: { token: { env: "T" } } }, empty)).toThrow(refusal("SECRET_UNRESOLVED", "empty"));
  expect(() => planOf({}, empty)).toThrow(refusal("SECRET_UNRESOLVED", "empty"));
});

test("a token that no header could carry is refused without showing it", () => {
  const planWith = (token: string) => () => planOf({}, { generatedToken: new Secret(token) });
  for (const token of ["", "two words", "line\n", "schlüssel"]) {
    expect(planWith(token)).toThrow(refusal("SPEC_INVALID", "the token `api.token`"));
    if (token !== "") expect(planWith(token)).not.toThrow(token);
  }
  expect(planWith("a-long.token_0123")).not.toThrow();
});

test("api.token has every scope and no end; another has what it is given", () => {
  const ci = { name: "ci", token: { env: "CI" }, scopes: ["read"], expiresAt: "2027-01-31T00:00:00Z" };
  expect(planOf({ api: { tokens: [ci] } }).api.tokens).toMatchObject([
    { name: "api.token", scopes: ["read", "prompt", "approve", "terminal", "admin"], expiresAt: undefined },
    { name: "ci", scopes: ["read"], expiresAt: "2027-01-31T00:00:00Z" },
  ]);
});

test("two tokens of one value are refused: nobody could tell which is meant", () => {
  const ci = { name: "ci", token: { env: "CI" }, scopes: ["read"] };
  const sameValue = { resolveSecret: () => new Secret(secretValues.generatedToken) };
  expect(() => planOf({ api: { tokens: [ci] } }, sameValue)).toThrow(refusal("SPEC_INVALID", "the same value"));
});

test("what one may have beyond what all may have is refused, the defaults included", () => {
  const limitsOf = (limits: object) => () => planOf({ api: { limits } }).api.limits;
  expect(limitsOf({ uploadMiB: 2000 })).toThrow(refusal("SPEC_INVALID", "api.limits.uploadMiB: 2000 is more than"));
  expect(limitsOf({ uploadMiB: 2000, allUploadsMiB: 2000 })()).toMatchObject({ uploadMiB: 2000, allUploadsMiB: 2000 });
  expect(limitsOf({ connections: 255 })).toThrow(refusal("SPEC_INVALID", "api.limits.streams: 256 is more than"));
  expect(limitsOf({ connections: 256 })()).toMatchObject({ streams: 256, connections: 256 });
  expect(limitsOf({ allPendingPrompts: 1999 })).toThrow(refusal("SPEC_INVALID", "api.limits.pendingPrompts: 2000 is"));
  expect(limitsOf({ allPendingPrompts: 2000 })()).toMatchObject({ pendingPrompts: 2000, allPendingPrompts: 2000 });
  expect(limitsOf({ pendingPromptsMiB: 1025 })).toThrow(refusal("SPEC_INVALID", "pendingPromptsMiB: 1025 is more"));
  expect(limitsOf({ pendingPromptsMiB: 15 })).toThrow(refusal("SPEC_INVALID", "api.limits.promptMiB: 16 is more than"));
  expect(limitsOf({ pendingPromptsMiB: 16 })()).toMatchObject({ promptMiB: 16, pendingPromptsMiB: 16 });
});

test("an API without tokens has none, not even the generated one", () => {
  expect(planOf({ api: { auth: "none" } }).api).toMatchObject({ auth: "none", tokens: [] });
});

test.each(["", "-demo", "demo/1", "ä", "x".repeat(64)])("%j cannot be a workspace's name", (name) => {
  expect(() => planOf({}, { name })).toThrow(refusal("SPEC_INVALID", "cannot be the name"));
});

test.each(["d", "Demo_1.x-y", "x".repeat(63)])("%j can", (name) => {
  expect(planOf({}, { name }).name).toBe(name);
});

test("what is allowed but deserves attention is a warning", () => {
  expect(planOf({ sandboxMode: "danger-full-access" }).warnings).toEqual([expect.stringContaining("sandbox")]);
  expect(planOf({ extraSettings: { sandbox_mode: "danger-full-access" } }).warnings).toHaveLength(1);
  expect(planOf({ codexVersion: "0.162.1" }).warnings).toEqual([expect.stringContaining("0.162.1 is not the pin")]);
});

const noSecrets = {
  name: "demo",
  resolveSecret: () => new Secret("value"),
  generatedToken: new Secret(secretValues.generatedToken),
};

function planAnything(spec: unknown): void {
  try {
    const plan = planWorkspace(parseSpec(spec), noSecrets);
    renderFiles(plan, containerLayout(plan));
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
  }
}

test("whatever a program passes as spec, it is planned and rendered, or refused with a WorkspaceError", () => {
  const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true });
  fc.assert(fc.property(anything, planAnything), { numRuns: 300 });
  const keys = Object.keys(fullSpec);
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...keys), anything), planAnything), { numRuns: 300 });
  const settings = fc.dictionary(
    fc.oneof(fc.constantFrom("sandbox_mode", "features", "projects", "sandbox_workspace_write"), fc.string()),
    anything,
  );
  fc.assert(fc.property(fc.record({ extraSettings: fc.oneof(settings, fc.string()) }), planAnything), { numRuns: 300 });
});
