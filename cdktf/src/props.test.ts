import type { Secret, WorkspaceSpec } from "@codex-workspace/core";
import type { OwnInputs } from "@codex-workspace/provisioning";
import { expectTypeOf, test } from "vitest";
import type { CodexWorkspaceProps } from "./props.ts";

type SpecOfProps = Omit<CodexWorkspaceProps, keyof OwnInputs | "provider">;

// Checked by the compiler (npm run typecheck): vitest only runs it.
test("the props are every input of the spec, and the construct's own", () => {
  expectTypeOf<keyof SpecOfProps>().toEqualTypeOf<keyof WorkspaceSpec>();
  expectTypeOf<keyof OwnInputs>().toExtend<keyof CodexWorkspaceProps>();
  expectTypeOf<SpecOfProps>().toExtend<WorkspaceSpec>();
  expectTypeOf<SpecOfProps["mcpServers"]>().toEqualTypeOf<WorkspaceSpec["mcpServers"]>();
  expectTypeOf<SpecOfProps["approvalPolicy"]>().toEqualTypeOf<WorkspaceSpec["approvalPolicy"]>();
});

test("a secret is a reference, and the API's token is needed", () => {
  const api = { token: { env: "TOKEN" } };
  expectTypeOf({ api, env: { KEY: { file: "key" }, CI: "1" } }).toExtend<CodexWorkspaceProps>();
  expectTypeOf<{ api: { token: Secret } }>().not.toExtend<CodexWorkspaceProps>();
  expectTypeOf<{ api: { token: string } }>().not.toExtend<CodexWorkspaceProps>();
  expectTypeOf<{ api: object }>().not.toExtend<CodexWorkspaceProps>();
});
