import { CODEX_PIN, type WrapperConfig } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { toThreadParams } from "./thread-settings.ts";

const thread = { sandboxMode: "read-only", approvalPolicy: "on-request", workspaceWrite: {}, config: {} };
const config = {
  paths: { workdir: "/project" },
  codex: { version: CODEX_PIN, platformKeys: [["features", "plugins"]], env: {} },
  session: thread,
  profiles: {
    quick: thread,
    own: { ...thread, permissions: { profile: "own", definition: { extends: ":workspace" } } },
  },
} as unknown as WrapperConfig;
const bundle = { config, configToml: "" };

test.each(["mcp_servers", "hooks", "notify", "model_providers", "projects", "plugins"])(
  "refuses a session's own %s",
  (key) => {
    for (const own of [{ [key]: { x: { command: "touch" } } }, { [`${key}.x.command`]: "touch" }, { [key]: ["touch"] }])
      expect(() => toThreadParams(bundle, { config: own })).toThrow(key);
  },
);

test("passes other keys of a session", () => {
  const own = { model_reasoning_effort: "high", tools: { web_search: true } };
  expect(toThreadParams(bundle, { config: own }).settings.config).toMatchObject(own);
  expect(toThreadParams(bundle, { profile: "quick" }).settings.sandbox).toBe("read-only");
});

test("knows no profile by a name of the prototype", () => {
  for (const profile of Object.getOwnPropertyNames(Object.prototype))
    expect(() => toThreadParams(bundle, { profile })).toThrow(`there is no profile "${profile}"`);
});

test("takes names of the prototype as any other key of config", () => {
  const own = JSON.parse('{"constructor": {"a": 1}, "__proto__": {"b": 2}}') as Record<string, unknown>;
  expect(Object.keys(toThreadParams(bundle, { config: own }).settings.config)).toContain("constructor");
});

test("passes a permission profile with its definition instead of a sandbox mode", () => {
  const { settings } = toThreadParams(bundle, { profile: "own" });
  expect(settings).toMatchObject({ permissions: "own", config: { permissions: { own: { extends: ":workspace" } } } });
  expect(settings).not.toHaveProperty("sandbox");
  expect(settings.config).not.toHaveProperty("sandbox_workspace_write");
  const { settings: sandboxed } = toThreadParams(bundle, { profile: "own", sandbox: "read-only" });
  expect(sandboxed).toMatchObject({ sandbox: "read-only", config: { sandbox_workspace_write: {} } });
  expect(sandboxed).not.toHaveProperty("permissions");
});

test("refuses settings of a sandbox that a permission profile replaces", () => {
  const own = { config: { sandbox_workspace_write: { network_access: true } } };
  expect(() => toThreadParams(bundle, { profile: "own", ...own })).toThrow("sandbox_workspace_write");
  expect(toThreadParams(bundle, { profile: "own", sandbox: "read-only", ...own }).settings.config).toMatchObject(
    own.config,
  );
});
