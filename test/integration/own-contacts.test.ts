import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { spawn } from "node-pty";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codexBinary, createCodexFolders } from "../support/codex.ts";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

/** A proxy that refuses every tunnel and remembers for which host it was asked. */
let proxy: Server;
const asked: string[] = [];
let variables: Record<string, string>;

beforeAll(async () => {
  proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(403).end();
  });
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  variables = { HTTPS_PROXY: url, https_proxy: url, HTTP_PROXY: url, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
});
afterAll(() => {
  proxy.closeAllConnections();
  proxy.close();
});

test("a terminal's Codex contacts no host of its own", { timeout: 60_000 }, async () => {
  await using workspace = await TestWorkspace.start({}, { environment: variables });
  const screen = await workspace.followScreen();
  await until(() => screen().includes("›"), "the terminal to show its prompt");
  await workspace.typePrompt("typed by hand", screen);
  await until(async () => (await workspace.messages()).length === 3, "the answer");
  await workspace.stable();
  expect(await workspace.ask("#model: run echo proxy=$HTTPS_PROXY")).toContain(`proxy=${variables["HTTPS_PROXY"]}`);
  expect(await childrenOf(workspace.pid, "--remote")).not.toEqual([]);
  expect(asked).toEqual([]);

  // The mirror: the same program, with the proxy.
  await using folders = await createCodexFolders(workspace.model.url);
  const codex = spawn(codexBinary(), [], { cwd: folders.project, env: { ...folders.env, ...variables } });
  codex.onData(() => undefined);
  try {
    await until(
      () => asked.some((host) => host.startsWith("raw.githubusercontent.com")),
      "an announcement to be fetched",
    );
  } finally {
    codex.kill("SIGKILL");
  }
});
