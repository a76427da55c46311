import { describe, expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { WorkspaceError } from "../errors.ts";

/** `levels` tables, each inside the one before. */
function nested(levels: number): Record<string, unknown> {
  return JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`) as Record<string, unknown>;
}

const keys = (count: number): string => Array.from({ length: count }, () => "a").join(".");
const lone = "\ud800";

type Settings = string | Record<string, unknown>;

const inputs: readonly (readonly [string, (settings: Settings) => object])[] = [
  ["extraSettings", (extraSettings) => ({ extraSettings })],
  ["profiles.deep", (deep) => ({ profiles: { deep }, profile: "deep" })],
];

function problemOf(spec: object): string {
  try {
    planOf(spec);
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return `${error.code} ${error.problems.map(({ path, message }) => `${path}: ${message}`).join()}`;
  }
  return "accepted";
}

describe.each(inputs)("%s", (path, specOf) => {
  test.each<[string, Settings]>([
    ["64 levels as an object", { x: nested(63) }],
    ["64 levels as dotted keys", `x.${keys(63)} = 1`],
    ["64 levels as a table's name", `[x.${keys(62)}]\nb = 1`],
    ["a key with a dot", { "a.b": 1 }],
    ["a pair of surrogates", { "\u{1f600}": "\u{1f600}" }],
  ])("takes %s", (_, settings) => {
    expect(problemOf(specOf(settings))).toBe("accepted");
  });

  test.each<[string, Settings, RegExp]>([
    ["65 levels as an object", { x: nested(64) }, /64 levels/],
    ["20,000 levels as an object", { x: nested(20_000) }, /64 levels/],
    ["10,000 parts of one key", { [keys(10_000)]: 1 }, /64 levels/],
    ["65 levels as dotted keys", `x.${keys(64)} = 1`, /64 levels/],
    ["10,000 levels as dotted keys", `x.${keys(10_000)} = 1`, /64 levels/],
    ["65 levels as a table's name", `[x.${keys(63)}]\nb = 1`, /64 levels/],
    ["65 levels as inline tables", `x = ${"{ a = ".repeat(64)}1${" }".repeat(64)}`, /64 levels/],
    ["10,000 levels as arrays", `x = ${"[".repeat(10_000)}${"]".repeat(10_000)}`, /./],
    ["half a surrogate pair as a value", { x: lone }, /Unicode/],
    ["half a surrogate pair as a key", { [lone]: 1 }, /Unicode/],
    ["half a surrogate pair in text", `x = "${lone}"`, /Unicode/],
    ["too many values", { x: Array.from({ length: 20_001 }, () => 1) }, /20000 values/],
    ["too many values in text", `x = [${"1,".repeat(20_001)}]`, /20000 values/],
    ["too many characters", { x: "x".repeat(1_000_001) }, /1000000 characters/],
    ["too many characters in text", `x = "${"x".repeat(1_000_001)}"`, /1000000 characters/],
  ])("refuses %s", (_, settings, message) => {
    const problem = problemOf(specOf(settings));
    expect(problem).toMatch(/^(SPEC_INVALID|TOML_INVALID) /);
    expect(problem).toContain(path);
    expect(problem).toMatch(message);
    expect(problem.length).toBeLessThan(1_000);
  });
});

test("baseConfigToml is held to the same bounds", () => {
  expect(problemOf({ baseConfigToml: `x.${keys(63)} = 1` })).toBe("accepted");
  expect(problemOf({ baseConfigToml: `x.${keys(64)} = 1` })).toMatch(/^TOML_INVALID baseConfigToml: .*64 levels/);
});

test.each<[string, object, RegExp]>([
  ["half a surrogate pair as an argument", { args: [lone] }, /Unicode/],
  ["half a surrogate pair as a variable's value", { env: { A: lone } }, /Unicode/],
  ["half a surrogate pair as a tool", { tools: { [lone]: {} } }, /Unicode/],
  ["too many arguments", { args: Array.from({ length: 20_001 }, () => "x") }, /20000 values/],
  ["too many characters", { args: ["x".repeat(1_000_001)] }, /1000000 characters/],
])("mcpServers refuses %s", (_, more, message) => {
  expect(problemOf({ mcpServers: { docs: { command: "docs", args: ["ok"] } } })).toBe("accepted");
  const problem = problemOf({ mcpServers: { docs: { command: "docs", ...more } } });
  expect(problem).toMatch(/^SPEC_INVALID mcpServers/);
  expect(problem).toMatch(message);
});
