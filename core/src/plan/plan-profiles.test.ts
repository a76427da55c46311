import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { WorkspaceError } from "../errors.ts";

const deep = {
  model: "gpt-5.5",
  model_reasoning_effort: "high",
  sandbox_mode: "read-only",
  approval_policy: "never",
  network_access: false,
  mcp_servers: { docs: { command: "docs-server" } },
};
const base = { model: "gpt-5.4", extraSettings: { model_reasoning_effort: "low", model_verbosity: "low" } };

/** As a person reads it. */
function refusalOf(spec: object): string[] {
  try {
    planOf(spec);
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    expect(["SPEC_INVALID", "TOML_INVALID", "TOML_CONFLICT"]).toContain(error.code);
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  throw new Error(`accepted: ${JSON.stringify(spec)}`);
}

test("a session has the settings of its profile where it names one, and of config.toml elsewhere", () => {
  expect(planOf({ ...base, profiles: { deep }, profile: "deep" }).session).toEqual({
    sandboxMode: "read-only",
    approvalPolicy: "never",
    workspaceWrite: {
      network_access: false,
      writable_roots: [],
      exclude_tmpdir_env_var: false,
      exclude_slash_tmp: false,
    },
    model: "gpt-5.5",
    config: { model_reasoning_effort: "high", mcp_servers: { docs: { command: "docs-server" } } },
    profile: "deep",
    initialPrompt: undefined,
    continue: true,
  });
  const { session } = planOf({ ...base, profiles: { deep } });
  expect(session).toEqual(planOf(base).session);
  expect(session).toMatchObject({ sandboxMode: "workspace-write", model: "gpt-5.4", config: {} });
});

test("config.toml is the same with and without profiles", () => {
  const { table } = planOf(base).config;
  expect(planOf({ ...base, profiles: { deep }, profile: "deep" }).config.table).toEqual(table);
});

test("each profile is planned, and what it does not set is as in config.toml", () => {
  const { profiles, session } = planOf({ ...base, profiles: { deep, quick: 'model = "mini"' }, profile: "deep" });
  expect(profiles["quick"]?.thread).toEqual({
    sandboxMode: "workspace-write",
    approvalPolicy: "on-request",
    workspaceWrite: { ...session.workspaceWrite, network_access: true },
    model: "mini",
    config: {},
  });
  expect(profiles["quick"]?.table).toMatchObject({ model: "mini", model_reasoning_effort: "low" });
  expect(session).toMatchObject(profiles["deep"]?.thread ?? {});
});

test("what the workspace keeps from the agent's commands stays so, also where a profile keeps more", () => {
  const configOf = (policy: object): unknown =>
    planOf({
      env: { TOKEN: { env: "TOKEN" } },
      shellEnvironmentPolicy: { exclude: ["AWS_*"] },
      profiles: { deep: { shell_environment_policy: policy } },
      profile: "deep",
    }).session.config["shell_environment_policy"];
  expect(configOf({ exclude: ["CI_*"] })).toEqual({
    exclude: ["CI_*", "TOKEN", "CODEX_WORKSPACE_*", "GIT_NO_LAZY_FETCH"],
  });
  // A flag of the same table is put aside by Codex.
  expect(configOf({ inherit: "core" })).toEqual({
    inherit: "core",
    exclude: ["AWS_*", "TOKEN", "CODEX_WORKSPACE_*", "GIT_NO_LAZY_FETCH"],
  });
});

test("the workspace's own features stay beside those of a profile", () => {
  const { config } = planOf({ profiles: { deep: { features: { goals: true } } }, profile: "deep" }).session;
  expect(config).toEqual({
    features: { goals: true, plugins: false, unbounded_connection_retries: false, daemon_auto_start: false },
  });
});

test.each([
  ["TOML with a fault", { deep: "model = " }, /^profiles\.deep: /],
  ["a value that TOML has not", { deep: { model: null } }, /^profiles\.deep\.model: expected a string, finite number/],
  ["a value that JSON has not", { deep: "a.b = 1979-05-27" }, /^profiles\.deep\.a\.b: expected no date/],
  ["an unknown sandbox", { deep: { sandbox_mode: "none" } }, /^profiles\.deep\.sandbox_mode: expected one of/],
  ["another kind than elsewhere", { deep: { features: true } }, /^features: is a table in platform, but a boolean/],
  ["what Codex refuses", { deep: { approval_policy: "untrusted" } }, /^profiles\.deep\.approval_policy: "untrusted"/],
  ["a profile in a profile", { deep: { profile: "quick" } }, /^profiles\.deep\.profile: is refused/],
  [
    "another provider",
    { deep: { model_provider: "openai" } },
    /^profiles\.deep\.model_provider: is the workspace's own/,
  ],
  ["distrust", { deep: { projects: { "/workspace": { trust_level: "untrusted" } } } }, /^profiles\.deep\.projects\./],
  [
    "two ways of one key that differ",
    { deep: { network_access: true, sandbox_workspace_write: { network_access: false } } },
    /^profiles\.deep\.network_access: is true/,
  ],
])("%s is refused in a profile, used or not", (_, profiles, problem) => {
  expect(refusalOf({ trustProject: true, profiles })).toEqual([expect.stringMatching(problem)]);
  expect(refusalOf({ trustProject: true, profiles, profile: "deep" })).toEqual([expect.stringMatching(problem)]);
});

test("a profile stays within enforce, used or not", () => {
  const enforce = { sandboxModes: ["read-only", "workspace-write"] };
  const profiles = { deep: { sandbox_mode: "danger-full-access" } };
  expect(refusalOf({ enforce, profiles })).toEqual([
    'profiles.deep.sandbox_mode: is "danger-full-access", but enforce.sandboxModes allows only "read-only", "workspace-write"',
  ]);
  expect(planOf({ enforce, profiles: { deep: { sandbox_mode: "read-only" } } }).warnings).toEqual([]);
});

test("a session without a sandbox is warned of, a profile that it does not use is not", () => {
  const profiles = { free: { sandbox_mode: "danger-full-access" } };
  expect(planOf({ profiles, profile: "free" }).warnings).toEqual([
    expect.stringContaining("sandbox_mode is danger-full-access"),
  ]);
  expect(planOf({ profiles }).warnings).toEqual([]);
});

test("profiles where Codex reads none are refused", () => {
  const profiles = { deep: { model: "gpt-5.5" } };
  const words = "profiles: Codex reads no profiles there; write the input `profiles`";
  expect(refusalOf({ extraSettings: { profiles } })).toEqual([`extraSettings.${words}`]);
  expect(refusalOf({ baseConfigToml: "[profiles.deep]\n" })).toEqual([`baseConfigToml.${words}`]);
});

test("of a version that is not tested, what Codex may refuse is a warning that names the profile", () => {
  const spec = { codexVersion: "0.168.0", profiles: { deep: { approval_policy: "untrusted" } } };
  expect(planOf(spec).warnings).toContainEqual(expect.stringMatching(/^profiles\.deep\.approval_policy: "untrusted"/));
});
