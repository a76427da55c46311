import { expect, test } from "vitest";
import { WorkspaceError } from "../errors.ts";
import { mergeLayers, normalizeNetworkAccess } from "./layers.ts";
import { parseToml, renderToml, type TomlTable } from "./toml-table.ts";

const layer = (name: string, text: string) => ({ name, table: parseToml(text, { layer: name }) });

function failureOf(act: () => unknown): WorkspaceError {
  try {
    act();
  } catch (error) {
    if (error instanceof WorkspaceError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("the later layer wins key by key, and settings reach the table they were meant for", () => {
  const { table } = mergeLayers([
    layer("defaults", 'sandbox_mode = "workspace-write"\n[sandbox_workspace_write]\nnetwork_access = true\n'),
    layer("extraSettings", 'sandbox_mode = "danger-full-access"\n[sandbox_workspace_write]\nnetwork_access = false\n'),
    layer("platform", "[features]\nplugins = false\n"),
  ]);
  expect(renderToml(table)).toBe(
    'sandbox_mode = "danger-full-access"\n\n[sandbox_workspace_write]\nnetwork_access = false\n\n[features]\nplugins = false\n',
  );
});

test("arrays are replaced whole, arrays of tables too", () => {
  const { table } = mergeLayers([
    layer("defaults", 'notify = ["a", "b"]\n[[skills.config]]\npath = "x"\n[[skills.config]]\npath = "y"\n'),
    layer("extraSettings", 'notify = ["c"]\n[[skills.config]]\npath = "z"\n'),
  ]);
  expect(table).toEqual({ notify: ["c"], skills: { config: [{ path: "z" }] } });
});

test("every key knows its layer, and what the earlier ones said", () => {
  const { origins } = mergeLayers([
    layer("defaults", 'model = "a"\n[projects."/work"]\ntrust_level = "untrusted"\n[features]\n'),
    layer("inputs", 'model = "b"\n'),
    layer("platform", 'model = "c"\n[projects."/work"]\ntrust_level = "trusted"\n'),
  ]);
  expect([...origins]).toEqual([
    [
      "model",
      {
        path: ["model"],
        layer: "platform",
        value: "c",
        overridden: [
          { layer: "defaults", value: "a" },
          { layer: "inputs", value: "b" },
        ],
      },
    ],
    [
      'projects."/work".trust_level',
      {
        path: ["projects", "/work", "trust_level"],
        layer: "platform",
        value: "trusted",
        overridden: [{ layer: "defaults", value: "untrusted" }],
      },
    ],
    ["features", { path: ["features"], layer: "defaults", value: {}, overridden: [] }],
  ]);
});

test("a table against a value is refused, naming every such key and its layers", () => {
  const error = failureOf(() =>
    mergeLayers([
      layer("defaults", "[features]\nplugins = false\n[tui]\nnotifications = true\n"),
      layer("extraSettings", 'features = "none"\n[tui.notifications]\non = true\n'),
      layer("platform", "[features]\nplugins = false\n"),
    ]),
  );
  expect(error.code).toBe("TOML_CONFLICT");
  expect(error.problems).toEqual([
    { path: "features", message: "is a table in defaults, platform, but a string in extraSettings" },
    { path: "tui.notifications", message: "is a table in extraSettings, but a boolean in defaults" },
  ]);
});

test("layers written as object literals inherit no keys", () => {
  const text = "constructor = 1\n";
  const { table } = mergeLayers([{ name: "defaults", table: {} }, layer("extraSettings", text)]);
  expect(renderToml(table)).toBe(text);
});

const normalized = (text: string): TomlTable =>
  normalizeNetworkAccess({ name: "extraSettings", table: parseToml(text, { layer: "extraSettings" }) }).table;

test("a bare network_access means the one of sandbox_workspace_write", () => {
  expect(normalized("network_access = false\nmodel = 'x'")).toEqual({
    model: "x",
    sandbox_workspace_write: { network_access: false },
  });
  expect(normalized("network_access = false\n[sandbox_workspace_write]\nwritable_roots = ['/a']")).toEqual({
    sandbox_workspace_write: { network_access: false, writable_roots: ["/a"] },
  });
});

test("a bare network_access beside the full one is refused only if they differ", () => {
  const both = "network_access = false\n[sandbox_workspace_write]\nnetwork_access =";
  expect(normalized(`${both} false`)).toEqual({ sandbox_workspace_write: { network_access: false } });
  const error = failureOf(() => normalized(`${both} true`));
  expect(error.code).toBe("TOML_CONFLICT");
  expect(error.message).toBe(
    "extraSettings: network_access is false, but sandbox_workspace_write.network_access is true",
  );
});

test("an approval policy is one value, a word or a table: the last one stands alone", () => {
  const word = { name: "a", table: { approval_policy: "never" } };
  const table = { name: "b", table: { approval_policy: { granular: { rules: true } } } };
  const other = { name: "c", table: { approval_policy: { granular: { sandbox_approval: true } } } };
  expect(mergeLayers([word, table]).table).toEqual(table.table);
  expect(mergeLayers([table, other]).table).toEqual(other.table);
  expect(mergeLayers([table, word]).table).toEqual(word.table);
  expect(mergeLayers([table, word]).origins.get("approval_policy")).toMatchObject({
    layer: "a",
    overridden: [{ layer: "b" }],
  });
});
