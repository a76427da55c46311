import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";

const refused = ["", " ", "my docs", 'a"b', "a'b", "ünicode", "a\\b", "docs\n", "a+b"];
const layersOf = (name: string): readonly (readonly [layer: string, spec: object])[] => {
  const settings = { mcp_servers: { [name]: { command: "true" } } };
  const toml = `[mcp_servers.${JSON.stringify(name)}]\ncommand = "true"`;
  return [
    ["extraSettings", { extraSettings: settings }],
    ["baseConfigToml", { baseConfigToml: toml }],
    ["profiles.look", { profiles: { look: settings } }],
  ];
};

test.each(refused)("refuses the MCP server name %j in every layer", (name) => {
  for (const [layer, spec] of layersOf(name)) {
    expect(() => planOf(spec)).toThrow(
      expect.objectContaining({
        code: "SPEC_INVALID",
        problems: [
          { path: expect.stringContaining(`${layer}.mcp_servers.`) as unknown, message: expect.any(String) as unknown },
        ],
      }),
    );
  }
});

test.each(["docs", "a-b_C9", "-", "_", "0"])("takes the MCP server name %j in every layer", (name) => {
  for (const [, spec] of layersOf(name)) expect(() => planOf(spec)).not.toThrow();
});

test.each(["a.b", "a:b", "a/b", "@b"])("takes the MCP server name %j where Codex does", (name) => {
  for (const [, spec] of layersOf(name)) {
    expect(() => planOf(spec)).not.toThrow();
    expect(() => planOf({ ...spec, codexVersion: "0.155.0" })).not.toThrow();
    expect(() => planOf({ ...spec, codexVersion: "0.140.0" })).toThrow("letters, digits and `-_`");
  }
});
