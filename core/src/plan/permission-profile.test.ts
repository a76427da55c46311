import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { WorkspaceError } from "../errors.ts";

function refusalOf(spec: object): string[] {
  try {
    planOf(spec);
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    expect(error.code).toBe("SPEC_INVALID");
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

const own = { extends: ":workspace", filesystem: { "/srv/keys": "deny" } };

test("passes a permission profile instead of a sandbox mode", () => {
  const { config, session } = planOf({ permissions: own });
  const definition = { ...own, network: { enabled: false } };
  expect(session.permissions).toEqual({ profile: "workspace-spec", definition });
  expect(config.table).toMatchObject({
    default_permissions: "workspace-spec",
    permissions: { "workspace-spec": definition },
  });
  expect(Object.keys(config.table)).not.toContain("sandbox_mode");
  expect(Object.keys(config.table)).not.toContain("sandbox_workspace_write");
  expect(planOf({ permissions: ":read-only" }).session.permissions).toEqual({ profile: ":read-only" });
  expect(planOf({}).session.permissions).toBeUndefined();
});

const noTmp = { exclude_tmpdir_env_var: true, exclude_slash_tmp: true, network_access: false, writable_roots: [] };

test.each([
  [":read-only", "read-only", noTmp],
  [":danger-full-access", "danger-full-access", noTmp],
  [":workspace", "workspace-write", { ...noTmp, exclude_tmpdir_env_var: false, exclude_slash_tmp: false }],
  [{ networkAccess: true }, "read-only", { ...noTmp, network_access: true }],
  [{ filesystem: { "/srv": "write" } }, "workspace-write", { ...noTmp, writable_roots: ["/srv"] }],
  [{ filesystem: { ":tmpdir": "write" } }, "workspace-write", { ...noTmp, exclude_tmpdir_env_var: false }],
  [
    { extends: ":workspace", filesystem: { ":workspace_roots": "read", ":tmpdir": "read", ":slash_tmp": "deny" } },
    "read-only",
    noTmp,
  ],
])("knows the sandbox mode that %j amounts to", (permissions, sandboxMode, workspaceWrite) => {
  expect(planOf({ permissions }).session).toMatchObject({ sandboxMode, workspaceWrite });
});

test.each([
  { sandboxMode: "read-only" },
  { networkAccess: false },
  { writableRoots: [] },
  { fullAuto: true },
  { extraSettings: { sandbox_mode: "read-only" } },
  { extraSettings: { network_access: true } },
  { baseConfigToml: "[sandbox_workspace_write]\nnetwork_access = true" },
])("refuses permissions with %j", (other) => {
  expect(refusalOf({ permissions: ":read-only", ...other })).toEqual([
    expect.stringMatching(/permissions.*write either/),
  ]);
  expect(refusalOf(other)).toEqual([]);
});

test("takes a profile that replaces permissions, and none that it would replace", () => {
  const spec = { permissions: own, profile: "look" };
  const { session, config } = planOf({ ...spec, profiles: { look: { sandbox_mode: "read-only" } } });
  expect(session.permissions).toBeUndefined();
  expect(session.sandboxMode).toBe("read-only");
  expect(config.table).toHaveProperty("default_permissions");
  expect(refusalOf({ ...spec, profiles: { look: { network_access: true } } })).toEqual([
    expect.stringMatching(/^profiles\.look\.sandbox_workspace_write: has no effect/),
  ]);
  expect(planOf({ ...spec, profiles: { look: { model: "gpt-5.4" } } }).session.permissions?.definition).toMatchObject(
    own,
  );
});

test("refuses a writable path in a writable directory", () => {
  const inner = (filesystem: object, more: object = {}): string[] =>
    refusalOf({ permissions: { filesystem, ...more }, workdir: "/srv/app" });
  const workspace = { extends: ":workspace" };
  expect(inner({ "/srv/app/out": "write" }, workspace)).toEqual([
    "permissions.filesystem./srv/app/out: lies in a writable directory",
  ]);
  expect(inner({ "/srv/app": "write" }, workspace)).toHaveLength(1);
  expect(inner({ "/var/a": "write", "/var/a/b": "write" })).toHaveLength(1);
  expect(inner({ "/srv/app/out": "write" })).toEqual([]);
  expect(inner({ "/srv/app/keys": "deny", "/srv/app2": "write" }, workspace)).toEqual([]);
  expect(inner({ "/var/a": "write", "/var/ab": "write" })).toEqual([]);
});

test("enforce.sandboxModes covers the mode that permissions amount to", () => {
  const enforce = { sandboxModes: ["read-only"] };
  for (const permissions of [":workspace", ":danger-full-access", own, { filesystem: { "/srv": "write" } }])
    expect(refusalOf({ permissions, enforce })).toEqual([
      expect.stringMatching(/^permissions: amounts to .* allows only/),
    ]);
  for (const permissions of [":read-only", { filesystem: { "/srv/keys": "deny" }, networkAccess: true }])
    expect(refusalOf({ permissions, enforce })).toEqual([]);
  const both = { sandboxModes: ["read-only", "workspace-write"] };
  expect(refusalOf({ permissions: own, enforce: both })).toEqual([]);
  expect(refusalOf({ permissions: ":danger-full-access", enforce: both })).toHaveLength(1);
});
