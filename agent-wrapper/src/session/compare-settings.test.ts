import { expect, test } from "vitest";
import { compareSettings, type ExpectedSettings, type ReportedSettings } from "./compare-settings.ts";

const write = {
  writable_roots: ["/cache"],
  network_access: false,
  exclude_tmpdir_env_var: false,
  exclude_slash_tmp: true,
};
const asked: ExpectedSettings = {
  sandbox: "workspace-write",
  workspaceWrite: write,
  writableDirectories: ["/project", "/var/tmp"],
  permissions: undefined,
  approvalPolicy: "on-request",
  model: "gpt-5.5",
};
const policy = {
  type: "workspaceWrite",
  writableRoots: ["/cache/"],
  networkAccess: false,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: true,
};
const reported: ReportedSettings = { model: "gpt-5.5", approvalPolicy: "on-request", sandbox: policy };
const found = (changes: Partial<ReportedSettings>, more: Partial<ExpectedSettings> = {}): string => {
  const { weaker, stricter } = compareSettings({ ...asked, ...more }, { ...reported, ...changes });
  return weaker.length > 0 ? "weaker" : stricter.length > 0 ? "stricter" : "as asked";
};

test("what is as asked is as asked", () => {
  expect(found({})).toBe("as asked");
  expect(found({ model: "another" }, { model: undefined })).toBe("as asked");
  expect(found({ sandbox: { ...policy, writableRoots: ["/cache", "/project", "/var/tmp"] } })).toBe("as asked");
  const granular = { granular: { rules: true } };
  expect(found({ approvalPolicy: { granular: { rules: true } } }, { approvalPolicy: granular })).toBe("as asked");
  const whole = { granular: { rules: true, skill_approval: false } };
  expect(found({ approvalPolicy: whole }, { approvalPolicy: granular })).toBe("as asked");
});

const own = { permissions: "own" };
const active = (id: string): Partial<ReportedSettings> => ({ activePermissionProfile: { id } });
const readOnly = { sandbox: { type: "readOnly", networkAccess: false } };

test("compares the permission profile by its name", () => {
  expect(found(active("own"), own)).toBe("as asked");
  expect(found(active("other"), own)).toBe("weaker");
  expect(found({}, own)).toBe("weaker");
  expect(found({ ...active("own"), sandbox: { ...policy, networkAccess: true } }, own)).toBe("weaker");
  expect(found({ ...active(":read-only"), ...readOnly }, own)).toBe("stricter");
  // A profile that only reads can still read what another one denies; Codex's own read-only sandbox is the fallback.
  expect(found({ ...active("other"), ...readOnly }, own)).toBe("weaker");
});

test.each([
  ["a wider sandbox", { sandbox: { type: "dangerFullAccess" } }],
  ["a sandbox of a kind that is not known", { sandbox: { type: "externalSandbox" } }],
  ["no sandbox said", { sandbox: undefined }],
  ["network access", { sandbox: { ...policy, networkAccess: true } }],
  ["network access when reading only", { sandbox: { type: "readOnly", networkAccess: true } }],
  ["another writable directory", { sandbox: { ...policy, writableRoots: ["/cache", "/etc"] } }],
  ["/tmp writable", { sandbox: { ...policy, excludeSlashTmp: false } }],
  ["nobody asked", { approvalPolicy: "never" }],
  [
    "fewer things asked",
    { approvalPolicy: { granular: { rules: false } } },
    { approvalPolicy: { granular: { rules: true } } },
  ],
  ["a policy that is not known", { approvalPolicy: "sometimes" }],
  ["another model", { model: "gpt-4" }],
])("%s is weaker", (_, changes, more: Partial<ExpectedSettings> = {}) => expect(found(changes, more)).toBe("weaker"));

test.each([
  ["a narrower sandbox", { sandbox: { type: "readOnly", networkAccess: false } }],
  ["more is asked", { approvalPolicy: "untrusted" }],
])("%s is stricter", (_, changes) => expect(found(changes)).toBe("stricter"));

test("whoever asked for no approvals may be asked", () => {
  expect(found({ approvalPolicy: "on-request" }, { approvalPolicy: "never" })).toBe("stricter");
});
