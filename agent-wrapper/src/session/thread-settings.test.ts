import { CODEX_PIN, type WrapperConfig } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { toThreadParams } from "./thread-settings.ts";

const thread = { sandboxMode: "read-only", approvalPolicy: "on-request", workspaceWrite: {}, config: {} };
const config = {
  paths: { workdir: "/project" },
  codex: { version: CODEX_PIN, platformKeys: [["features", "plugins"]], env: {} },
  session: thread,
  profiles: { quick: thread },
} as unknown as WrapperConfig;

test.each(["mcp_servers", "hooks", "notify", "model_providers", "projects", "plugins"])(
  "refuses a session's own %s",
  (key) => {
    for (const own of [{ [key]: { x: { command: "touch" } } }, { [`${key}.x.command`]: "touch" }, { [key]: ["touch"] }])
      expect(() => toThreadParams(config, { config: own })).toThrow(key);
  },
);

test("passes other keys of a session", () => {
  const own = { model_reasoning_effort: "high", tools: { web_search: true } };
  expect(toThreadParams(config, { config: own }).settings.config).toMatchObject(own);
  expect(toThreadParams(config, { profile: "quick" }).settings.sandbox).toBe("read-only");
});

test("knows no profile by a name of the prototype", () => {
  for (const profile of Object.getOwnPropertyNames(Object.prototype))
    expect(() => toThreadParams(config, { profile })).toThrow(`there is no profile "${profile}"`);
});

test("takes names of the prototype as any other key of config", () => {
  const own = JSON.parse('{"constructor": {"a": 1}, "__proto__": {"b": 2}}') as Record<string, unknown>;
  expect(Object.keys(toThreadParams(config, { config: own }).settings.config)).toContain("constructor");
});
