import type { WorkspaceSpec } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { type GivenWorkspace, toWorkspaceInputs } from "./workspace-inputs.ts";

function specOf(spec: WorkspaceSpec, given: Partial<GivenWorkspace>): WorkspaceSpec {
  const path = "/app/codex-workspace.toml";
  const file = { path, realPath: path, spec, text: "", isOfProject: true };
  return toWorkspaceInputs({ cwd: "/", env: {} }, { directory: "app", ...given }, file).spec;
}

test("grants and hosts of the command line stand beside those of the spec", () => {
  expect(specOf({ grants: ["wiki"] }, { grant: ["openai", "github"] }).grants).toEqual(["wiki", "openai", "github"]);
  expect(specOf({}, { grant: ["openai"] })).toEqual({ grants: ["openai"] });
  const network = { allow: ["a.test"], ports: [3000] };
  expect(specOf({ network }, { allowHost: ["b.test"] }).network).toMatchObject({
    allow: ["a.test", "b.test"],
    ports: [3000],
  });
  expect(specOf({ network }, {})).toEqual({ network });
});

test("a host is not allowed where everything is", () => {
  expect(() => specOf({ network: { mode: "open" } }, { allowHost: ["a.test"] })).toThrow(
    expect.objectContaining({ code: "USAGE" }) as Error,
  );
});
