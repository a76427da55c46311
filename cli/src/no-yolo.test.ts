import { expect, test } from "vitest";
import { requireNoYolo } from "./no-yolo.ts";
import { toWorkspaceInputs } from "./workspace-inputs.ts";

const inputs = (spec: object, fullAuto?: boolean): ReturnType<typeof toWorkspaceInputs> =>
  toWorkspaceInputs(
    { cwd: "/srv", env: {} },
    { directory: "app", fullAuto },
    { path: "/srv/spec.json", realPath: "/srv/spec.json", spec, text: "", isOfProject: false },
  );

test.each([
  ["an open sandbox", { sandboxMode: "danger-full-access" }, ["sandbox_mode"]],
  ["a permission profile without a sandbox", { permissions: ":danger-full-access" }, ["sandbox_mode"]],
  ["no questions", { approvalPolicy: "never" }, ["approval_policy"]],
  [
    "both, in extraSettings",
    { extraSettings: 'sandbox_mode = "danger-full-access"\napproval_policy = "never"' },
    ["sandbox_mode", "approval_policy"],
  ],
])("--noyolo refuses %s", (_, spec, paths) => {
  expect(() => requireNoYolo(inputs(spec))).toThrow(
    expect.objectContaining({
      code: "SPEC_INVALID",
      problems: paths.map((path) => expect.objectContaining({ path }) as object),
    }) as Error,
  );
});

test("--noyolo lets the defaults pass, and reads no secret for it", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1", apiKey: { env: "NOT_SET" } };
  expect(() => requireNoYolo(inputs({}))).not.toThrow();
  expect(() => requireNoYolo(inputs({ modelProvider }))).not.toThrow();
});

test("--full-auto is workspace-write and on-request over the spec's inputs; =false leaves them", () => {
  const spec = { sandboxMode: "danger-full-access", approvalPolicy: "never" };
  expect(inputs(spec, true).spec).toEqual({ sandboxMode: "workspace-write", approvalPolicy: "on-request" });
  expect(inputs(spec, false).spec).toEqual(spec);
  const permissions = ":read-only";
  expect(inputs({ permissions }, true).spec).toEqual(inputs(spec, true).spec);
  expect(inputs({ permissions }, false).spec).toEqual({ permissions });
  expect(() => requireNoYolo(inputs(spec, true))).not.toThrow();
  expect(() => requireNoYolo(inputs({ extraSettings: { approval_policy: "never" } }, true))).toThrow("--noyolo");
});
