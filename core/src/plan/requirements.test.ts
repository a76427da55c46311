import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";

const sandboxModes = ["read-only", "workspace-write"];

test("what is enforced is written as requirements.toml names it, and nothing without it", () => {
  const enforce = { sandboxModes, approvalPolicies: ["on-request"], approvalsReviewers: ["user"] };
  expect(planOf({ enforce }).config.requirements).toEqual({
    allowed_sandbox_modes: sandboxModes,
    allowed_approval_policies: ["on-request"],
    allowed_approvals_reviewers: ["user"],
  });
  expect(planOf({ enforce: { sandboxModes } }).config.requirements).toEqual({ allowed_sandbox_modes: sandboxModes });
  expect(planOf({}).config.requirements).toBeUndefined();
});

test.each([
  ["an input", { sandboxMode: "danger-full-access" }, "sandboxMode", "sandboxModes"],
  [
    "extraSettings",
    { extraSettings: 'sandbox_mode = "danger-full-access"' },
    "extraSettings.sandbox_mode",
    "sandboxModes",
  ],
  ["a default", {}, "approvalPolicy", "approvalPolicies"],
  [
    "another reviewer",
    { extraSettings: { approvals_reviewer: "auto_review" } },
    "extraSettings.approvals_reviewer",
    "approvalsReviewers",
  ],
])("%s outside of enforce is refused, and both are named", (_, spec, path, list) => {
  const allowed = { sandboxModes, approvalPolicies: ["never"], approvalsReviewers: ["user"] };
  const refused = (): unknown => planOf({ ...spec, enforce: { [list]: allowed[list as keyof typeof allowed] } });
  expect(refused).toThrow(
    expect.objectContaining({
      code: "SPEC_INVALID",
      problems: [{ path, message: expect.stringContaining(`enforce.${list} allows only `) as unknown }],
    }),
  );
  expect(() => planOf(spec)).not.toThrow();
});

test("every setting outside of enforce is named at once", () => {
  const spec = { sandboxMode: "danger-full-access", approvalPolicy: "never" };
  const enforce = { sandboxModes, approvalPolicies: ["on-request"] };
  expect(() => planOf({ ...spec, enforce })).toThrow("2 settings are");
  expect(() => planOf({ ...spec, sandboxMode: "read-only", enforce })).toThrow("a setting is");
});

test.each([
  ["without read-only, which Codex needs to start", { sandboxModes: ["workspace-write"] }, "enforce.sandboxModes"],
  ["an empty list", { approvalPolicies: [] }, "enforce.approvalPolicies"],
  ["nothing at all", {}, "enforce"],
])("%s: refused", (_, enforce, path) => {
  expect(() => planOf({ enforce })).toThrow(
    expect.objectContaining({ code: "SPEC_INVALID", problems: [expect.objectContaining({ path })] }),
  );
});
