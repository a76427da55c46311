import { createClient, type SessionEvent } from "@codex-workspace/client";
import { CODEX_PIN } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace, token } from "../support/workspace.ts";

const mcpServers = {
  missing: { command: "/nonexistent/server" },
  early: { command: "/bin/false" },
  off: { command: "/nonexistent/server", enabled: false },
};

// Of the oldest and the newest Codex.
const codexes = (await testedCodexes()).filter(({ codexVersion }) => ["0.140.0", CODEX_PIN].includes(codexVersion));

for (const { codexVersion, codexProgram, without } of codexes) {
  test
    .skipIf(without !== "")
    .concurrent(
      `Codex ${codexVersion}${without}: its warnings and failed MCP servers reach status, events and log`,
      { timeout: 120_000 },
      async () => {
        await using workspace = await TestWorkspace.create({ codexProgram });
        await workspace.start({ codexVersion, model: "model-of-nobody", extraSettings: { mcp_servers: mcpServers } });
        await workspace.ready();
        const warnings = async (): Promise<string> => JSON.stringify((await workspace.status())["warnings"]);
        await until(async () => /early/.test(await warnings()), "the MCP servers to fail");
        expect(await warnings()).toMatch(/MCP server \\"missing\\" did not start: No such file/);
        expect(await warnings()).not.toContain("off");
        const { mcpServers: shown } = await workspace.status();
        expect(shown).toMatchObject([
          { name: "early", status: "failed", problem: "failed" },
          { name: "missing", status: "failed", problem: "failed" },
        ]);

        await workspace.ask("hello");
        await workspace.ask("hello again");
        expect((await warnings()).match(/Model metadata for `model-of-nobody` not found/g)).toHaveLength(1);
        const { id } = await workspace.enqueue("#model: fail-stream server_error Broken.");
        expect(await workspace.ended(id)).toMatchObject({ failure: { code: "PROVIDER_FAILED" } });

        const told: SessionEvent[] = [];
        for await (const event of createClient({ baseUrl: workspace.url, token }).session().events({ after: 0 })) {
          told.push(event);
          if (event.type === "turn/completed" && event.data.turn.status === "failed") break;
        }
        const of = (type: string): object[] => told.filter((event) => event.type === type).map(({ data }) => data);
        expect(of("codex/warning")).toMatchObject([{ message: expect.stringContaining("Model metadata") as string }]);
        expect(of("mcpServer/changed")).toHaveLength(2);
        expect(of("turn/retried")).toMatchObject(
          [1, 2, 3, 4, 5].map((attempt) => ({ attempt, maxAttempts: 5, failure: { code: "PROVIDER_FAILED" } })),
        );
        const logged = JSON.stringify(workspace.log);
        expect(logged).toMatch(/Model metadata for `model-of-nobody`/);
        expect(logged).toMatch(/MCP server \\"missing\\" did not start/);

        await workspace.stop();
        await workspace.start({ codexVersion });
        await workspace.ready();
        expect(await workspace.status()).not.toHaveProperty("mcpServers");
        expect(await warnings()).toBe("[]");
      },
    );
}

test.concurrent("a warning about a session names it", { timeout: 120_000 }, async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.post("/v1/sessions", { name: "odd", config: { nonsense_key: 1 } });
  const { warnings } = (await workspace.get("/v1/sessions/odd")).body;
  expect(warnings).toEqual([expect.stringContaining("nonsense_key")]);
  expect((await workspace.status())["warnings"]).toEqual(
    expect.arrayContaining([expect.stringContaining("nonsense_key")]),
  );
  expect((await workspace.get("/v1/sessions/main")).body).not.toHaveProperty("warnings");
});
