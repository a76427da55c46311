import type { WorkspaceSpec } from "@codex-workspace/core";
import type { OwnInputs } from "@codex-workspace/provisioning";
import * as pulumi from "@pulumi/pulumi";
import { expectTypeOf, test } from "vitest";
import type { CodexWorkspaceArgs } from "./args.ts";

type SpecOfArgs = Omit<CodexWorkspaceArgs, keyof OwnInputs | "transform">;

// Checked by the compiler (npm run typecheck): vitest only runs it.
test("the args are every input of the spec, and Pulumi's own", () => {
  expectTypeOf<keyof SpecOfArgs>().toEqualTypeOf<keyof WorkspaceSpec>();
  expectTypeOf<pulumi.Unwrap<SpecOfArgs["mcpServers"]>>().toExtend<WorkspaceSpec["mcpServers"]>();
  expectTypeOf<pulumi.Unwrap<SpecOfArgs["approvalPolicy"]>>().toEqualTypeOf<WorkspaceSpec["approvalPolicy"]>();
});

test("a value may come later, and what decides the resources may not", () => {
  const api = { token: pulumi.secret("token") };
  expectTypeOf({ api, systemPrompt: pulumi.output("later") }).toExtend<CodexWorkspaceArgs>();
  expectTypeOf({ api, network: { allow: pulumi.output(["later.test"]) } }).toExtend<CodexWorkspaceArgs>();
  expectTypeOf({
    api,
    mcpServers: { wiki: { url: pulumi.output("https://wiki.test") } },
  }).toExtend<CodexWorkspaceArgs>();
  expectTypeOf({ api, env: { TOKEN: pulumi.secret("value"), CI: "1" } }).toExtend<CodexWorkspaceArgs>();
  expectTypeOf({ api, statePersistence: pulumi.output(false) }).not.toExtend<CodexWorkspaceArgs>();
  expectTypeOf({ api: {} }).not.toExtend<CodexWorkspaceArgs>();
});
