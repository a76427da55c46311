import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Approval } from "@codex-workspace/api";
import { CODEX_PIN } from "@codex-workspace/core";
import { afterEach, describe, expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

/** The tools that start a subagent: a model has those of one kind. */
const kinds = [
  { versions: [CODEX_PIN], model: "gpt-6.1-sol", spawn: "collaboration.spawn_agent", rest: { task_name: "helper" } },
  { versions: [CODEX_PIN, "0.140.0"], model: "gpt-5.5", spawn: "multi_agent_v1.spawn_agent", rest: {} },
];

for (const { codexVersion, codexProgram, without } of await testedCodexes()) {
  for (const { model, spawn, rest } of kinds.filter(({ versions }) => versions.includes(codexVersion))) {
    describe.skipIf(without !== "")(`subagents of ${model} with Codex ${codexVersion}${without}`, () => {
      let workspace: TestWorkspace;
      afterEach(() => workspace[Symbol.asyncDispose]());

      const path = "/v1/sessions/main/approvals";
      const file = (name: string): string => join(workspace.layout.workdir, name);

      async function start(spec: object = {}): Promise<void> {
        workspace = await TestWorkspace.create({ codexProgram });
        await workspace.start({ codexVersion, model, ...spec });
        await workspace.ready();
      }

      /** Has the agent start another one, which does what the directive says; what it asked, once it is in that state. */
      async function askedBySubagent(directive: string, state = "pending"): Promise<Approval> {
        const message = `#model: ${directive}\n#model: say went on`;
        await workspace.enqueue(
          `#model: call ${spawn} ${JSON.stringify({ message, ...rest })}\n#model: say started it`,
        );
        let asked: Approval | undefined;
        await until(async () => {
          [asked] = (await workspace.get(`${path}?state=${state}`)).body["approvals"] as Approval[];
          return asked !== undefined;
        }, "the subagent to ask");
        return asked!;
      }
      const status = async (): Promise<unknown> => (await workspace.status())["status"];

      test("what one asks is the session's: shown, waited for, accepted and run", async () => {
        await start();
        const asked = await askedBySubagent("run-escalated touch made");
        expect(asked).toMatchObject({ session: "main", kind: "command", state: "pending" });
        expect(asked.request.params).not.toMatchObject({ threadId: (await workspace.status())["threadId"] });
        await until(async () => (await status()) === "awaiting_approval", "the status");
        const { body } = await workspace.post(`${path}/${asked.id}/decision`, { decision: "accept" });
        expect(body).toMatchObject({ state: "resolved", decision: "accept" });
        await workspace.stable();
        await until(() => existsSync(file("made")), "the command");
      });

      test("a change of a file has its diff; cancelled, the subagent's turn ends", async () => {
        await start();
        const asked = await askedBySubagent(`write ${join(workspace.directory, "outside")} hello`);
        expect(asked.kind).toBe("fileChange");
        expect(JSON.stringify(asked.changes)).toContain("hello");
        await workspace.post(`${path}/${asked.id}/decision`, { decision: "cancel" });
        await workspace.stable();
        expect(existsSync(join(workspace.directory, "outside"))).toBe(false);
        expect(await workspace.ask("#model: say and goes on")).toBe("and goes on");
      });

      test("what nobody decides in time is declined", async () => {
        await start({ approvals: { timeoutSeconds: 1 } });
        const asked = await askedBySubagent("run-escalated touch late", "resolved");
        expect(asked).toMatchObject({ decision: "decline", resolvedBy: "system" });
        await workspace.stable();
        expect(existsSync(file("late"))).toBe(false);
      });
    });
  }
}
