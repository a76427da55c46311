import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { CODEX_PIN } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { testedCodexes } from "../support/codex-versions.ts";
import { TestWorkspace } from "../support/workspace.ts";

/** How soon a turn must have failed. */
const deadlineSeconds = 30;
/** Of a test: many start Codex at once, and again. */
const timeout = 120_000;

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

const silent = createServer(() => undefined);
const failing = createHttpServer((request, response) => {
  request.resume();
  response.writeHead(500, { "content-type": "application/json" }).end('{"error":{"message":"broken"}}');
});
const closed = createServer();
const refusing = await listening(closed);
closed.close();
const dead = [
  ["that takes no connection", refusing, "PROVIDER_UNREACHABLE"],
  ["that takes connections and answers nothing", await listening(silent), "PROVIDER_UNREACHABLE"],
  ["that fails for ever", await listening(failing), "PROVIDER_FAILED"],
] as const;

// The oldest and the newest: before 0.155 Codex has no `features.unbounded_connection_retries`.
const codexes = (await testedCodexes()).filter(({ codexVersion }) => ["0.140.0", CODEX_PIN].includes(codexVersion));
for (const { codexVersion, codexProgram, without } of codexes) {
  const titled = test.skipIf(without !== "").concurrent.for(dead);
  titled(
    `Codex ${codexVersion}${without}: a model's endpoint %s ends the turn as failed`,
    { timeout },
    async ([, port, code]) => {
      await using workspace = await TestWorkspace.create({ codexProgram });
      await workspace.start({ codexVersion, modelProvider: { baseUrl: `http://127.0.0.1:${port}/v1` } });
      await workspace.ready();
      const { id } = await workspace.enqueue("anybody there?");
      const path = `/v1/sessions/main/prompts/${String(id)}?wait=${deadlineSeconds}`;
      const { body: prompt } = await workspace.get(path);
      expect(prompt).toMatchObject({ state: "failed", error: expect.stringMatching(/./) as string, failure: { code } });
      const lastTurn = { status: "failed", error: prompt["error"], failure: prompt["failure"] };
      expect(await workspace.status()).toMatchObject({ status: "idle", lastTurn });
      expect((await workspace.messages()).at(-1)?.content).toBe(`Error: ${String(prompt["error"])}`);

      await workspace.stop();
      await workspace.start({ codexVersion, modelProvider: { baseUrl: `http://127.0.0.1:${port}/v1` } });
      await workspace.ready();
      expect(await workspace.status()).toMatchObject({ lastTurn });
    },
  );
}

test.concurrent("a model that thinks for long is not dead while its server answers others", { timeout }, async () => {
  await using workspace = await TestWorkspace.start();
  const { id } = await workspace.enqueue("#model: wait 25s\nthoughtful");
  expect(await workspace.ended(id)).toMatchObject({ state: "completed", finalMessage: "Echo: thoughtful" });
  expect(workspace.model.requests.some(({ path }) => path === "/v1/models")).toBe(true);
});
