import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { WorkspaceError } from "../errors.ts";

function refusalOf(spec: object): string[] {
  try {
    planOf(spec);
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    expect(error.code).toBe("SPEC_INVALID");
    return error.problems.map(({ path }) => path);
  }
  return [];
}

const texts = {
  default_permissions: 'default_permissions = ":read-only"',
  permissions: '[permissions.mine]\nextends = ":read-only"',
  profiles: '[profiles.deep]\nmodel = "gpt-5.4"',
};

test.each(Object.entries(texts))("refuses %s in every layer of the spec", (key, toml) => {
  for (const layer of ["baseConfigToml", "extraSettings"])
    expect(refusalOf({ [layer]: toml })).toEqual([`${layer}.${key}`]);
  expect(refusalOf({ profiles: { deep: toml } })).toEqual([`profiles.deep.${key}`]);
});

test("refuses a permission profile in a table as in a text", () => {
  const settings = { default_permissions: ":workspace", permissions: { mine: {} } };
  expect(refusalOf({ extraSettings: settings })).toEqual([
    "extraSettings.default_permissions",
    "extraSettings.permissions",
  ]);
  expect(refusalOf({ profiles: { look: { default_permissions: ":read-only" } } })).toEqual([
    "profiles.look.default_permissions",
  ]);
});

test("names the settings of all layers at once", () => {
  expect(refusalOf({ baseConfigToml: texts.permissions, extraSettings: texts.default_permissions })).toEqual([
    "baseConfigToml.permissions",
    "extraSettings.default_permissions",
  ]);
});

test("takes a table of that name elsewhere", () => {
  expect(refusalOf({ extraSettings: { tui: { permissions: "x" }, sandbox_mode: "read-only" } })).toEqual([]);
});
