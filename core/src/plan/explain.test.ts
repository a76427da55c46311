import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { parseToml } from "../config/toml-table.ts";
import { explainConfig, explainRepository, sessionConfig } from "./explain.ts";

test("a key names the layer that won and what earlier layers said, earliest first", () => {
  const { config } = planOf({ sandboxMode: "read-only", extraSettings: { sandbox_mode: "danger-full-access" } });

  const keys = explainConfig(config);

  expect(keys.find(({ key }) => key === "sandbox_mode")).toEqual({
    key: "sandbox_mode",
    value: '"danger-full-access"',
    layer: "extraSettings",
    overrode: [
      { layer: "defaults", value: '"workspace-write"' },
      { layer: "inputs", value: '"read-only"' },
    ],
  });
  expect(keys.find(({ key }) => key === "model_provider")).toMatchObject({ layer: "platform" });
  expect(keys.find(({ key }) => key === "approval_policy")).toMatchObject({ layer: "defaults", overrode: [] });
});

test("of a session with a profile, its keys name the profile", () => {
  const spec = { model: "gpt-5.4", profiles: { deep: { model: "gpt-5.5", model_verbosity: "low" } } };
  const model = (more: object): unknown =>
    explainConfig(sessionConfig(planOf({ ...spec, ...more }))).find(({ key }) => key === "model");
  expect(model({ profile: "deep" })).toEqual({
    key: "model",
    value: '"gpt-5.5"',
    layer: "profiles.deep",
    overrode: [{ layer: "inputs", value: '"gpt-5.4"' }],
  });
  expect(model({})).toMatchObject({ value: '"gpt-5.4"', layer: "inputs" });
});

test("a value that may be secret is shown by its kind, one that cannot be is shown", () => {
  const server = { command: "server", env: { TOKEN: "ghp_secret" } };
  const keys = explainConfig(planOf({ extraSettings: { mcp_servers: { github: server } } }).config);

  expect(JSON.stringify(keys)).not.toContain("ghp_secret");
  expect(keys.find(({ key }) => key === "mcp_servers.github.env.TOKEN")?.value).toBe("(a string)");
  expect(keys.find(({ key }) => key === "mcp_servers.github.command")?.value).toBe('"server"');
});

test("a trusted repository's keys apply but where ours are passed on start, or where Codex takes them from no repository", () => {
  const repository = parseToml(
    `sandbox_mode = "danger-full-access"
approval_policy = "on-request"
model = "other"
model_provider = "openai"
model_reasoning_effort = "low"
[sandbox_workspace_write]
network_access = true
writable_roots = ["/opt"]
[features]
plugins = true
[permissions.mine]
extends = ":workspace"
`,
    { layer: ".codex/config.toml" },
  );
  const spec = { trustProject: true, networkAccess: false, extraSettings: { model_reasoning_effort: "high" } };
  const effects = (more: object): Record<string, string> =>
    Object.fromEntries(explainRepository(planOf({ ...spec, ...more }), repository).map((key) => [key.key, key.effect]));

  expect(effects({})).toEqual({
    sandbox_mode: "yields",
    approval_policy: "same",
    model: "applies",
    model_provider: "ignored",
    model_reasoning_effort: "applies",
    "sandbox_workspace_write.network_access": "yields",
    "sandbox_workspace_write.writable_roots": "yields",
    "features.plugins": "yields",
    "permissions.mine.extends": "refused",
  });
  expect(effects({ model: "gpt-5.4" })["model"]).toBe("yields");
  const profiles = { deep: { model_reasoning_effort: "xhigh" } };
  expect(effects({ profiles, profile: "deep" })["model_reasoning_effort"]).toBe("yields");
  expect(effects({ profiles })["model_reasoning_effort"]).toBe("applies");
  expect(explainRepository(planOf(spec), repository)).toContainEqual({
    key: "model_reasoning_effort",
    value: '"low"',
    effect: "applies",
    ours: '"high"',
  });
  expect(new Set(Object.values(effects({ trustProject: false })))).toEqual(new Set(["ignored"]));
  const byHand = { extraSettings: { projects: { "/workspace": { trust_level: "trusted" } } }, trustProject: false };
  expect(effects(byHand)["model"]).toBe("applies");
});
