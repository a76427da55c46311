import { expect, test } from "vitest";
import { renderTerraformModule } from "./render-module.ts";

interface Main {
  readonly variable: Readonly<Record<string, { readonly default?: unknown; readonly nullable?: boolean }>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly output: object;
}

function mainOf(spec: object): Main {
  return JSON.parse(renderTerraformModule(spec).main) as Main;
}

function defaultsOf(main: Main): Record<string, unknown> {
  const entries = Object.entries(main.variable);
  return Object.fromEntries(
    entries.map(([name, variable]) => [name, "default" in variable ? variable.default : "required"]),
  );
}

test("variables and outputs are contract", () => {
  const main = mainOf({});
  expect(defaultsOf(main)).toEqual({
    workspace_name: "required",
    api_token_file: "required",
    model_key_file: null,
    api_port: 3284,
    model_base_url: "https://api.openai.com/v1",
    model: null,
    system_prompt: null,
    initial_prompt: null,
    project_directory: null,
    image: null,
    wait_timeout: 120,
  });
  expect(Object.keys(main.output)).toEqual(["url", "container_id", "container_name", "config_hash", "codex_version"]);
});

test("what the spec says of a variable is its default", () => {
  const prebuilt = `codex@sha256:${"0".repeat(64)}`;
  const spec = {
    api: { port: 4000 },
    model: "gpt",
    systemPrompt: "Say ${HOME}.",
    initialPrompt: "Begin.",
    project: { bind: "/srv/project" },
    image: { prebuilt },
  };
  expect(defaultsOf(mainOf(spec))).toMatchObject({
    api_port: 4000,
    model: "gpt",
    system_prompt: "Say ${HOME}.",
    initial_prompt: "Begin.",
    project_directory: "/srv/project",
    image: prebuilt,
  });
});

test("a variable that would do nothing is none", () => {
  expect(defaultsOf(mainOf({ extraSettings: { model: "of-extra-settings" } }))).not.toHaveProperty("model");
  const behindProxy = mainOf({ network: { upstreamProxy: "http://proxy.example.com:3128" } });
  expect(defaultsOf(behindProxy)).not.toHaveProperty("model_base_url");
});

test("a model of the base configuration is the default, and no line of it is left beside the variable", () => {
  const main = renderTerraformModule({ baseConfigToml: 'model = "of-base"\n' }).main;
  expect(defaultsOf(JSON.parse(main) as Main)).toMatchObject({ model: "of-base" });
  expect(main.match(/of-base/g)).toHaveLength(1);
});

test("nothing is left of what stood for a variable, and no place of this machine is named", () => {
  const { main, readme } = renderTerraformModule({ profiles: { review: { model: "other" } } });
  expect(main).not.toContain("in-place-of");
  expect(main + readme).not.toContain(process.cwd());
});

test("a secret of the spec is refused, but those that a variable is for", () => {
  const refused = expect.objectContaining({
    code: "SPEC_INVALID",
    message: 'a module has no variable for the secret {"env":"ISSUES"}',
  }) as Error;
  for (const spec of [
    { env: { ISSUES: { env: "ISSUES" } } },
    { api: { tokens: [{ name: "ci", token: { env: "ISSUES" }, scopes: ["read"] }] } },
  ]) {
    expect(() => renderTerraformModule(spec)).toThrow(refused);
  }
  const baseUrl = "https://models.example.com/v1";
  const token = { env: "NOT_LOOKED_AT" };
  const { main } = renderTerraformModule({ api: { token }, modelProvider: { baseUrl, apiKey: token } });
  expect(main).not.toContain("NOT_LOOKED_AT");
});
