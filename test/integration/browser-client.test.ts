import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestWorkspace, token } from "../support/workspace.ts";

let workspace: TestWorkspace;
let code: string;

beforeAll(async () => {
  workspace = await TestWorkspace.start();
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("../../client/src/index.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "workspaceClient",
    conditions: ["codex-workspace-source"],
    logLevel: "silent",
  });
  code = outputFiles[0]!.text;
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** What the client may use of a page's globals; of Node it sees nothing. */
const ofPages = {
  AbortController,
  AbortSignal,
  crypto,
  fetch,
  FormData,
  Headers,
  TextDecoderStream,
  TransformStream,
  URLSearchParams,
};

test("bundled for browsers, the client runs where there is no Node: prompts, events, tickets", async () => {
  const page = createContext({ ...ofPages, setTimeout, clearTimeout, options: { baseUrl: workspace.url, token } });
  runInContext(code, page);
  const answer = await (runInContext(
    `(async () => {
      const client = workspaceClient.createClient(options);
      const session = client.session();
      const events = session.events({ after: 0 });
      const { state, finalMessage } = await session.runPrompt({ input: "from a page" });
      const { value } = await events.next();
      await events.return();
      const { ticket } = await client.ticket({ scopes: ["read"] });
      return { state, finalMessage, firstEvent: typeof value.id, url: session.eventsUrl(ticket) };
    })()`,
    page,
  ) as Promise<Record<string, string>>);
  expect(answer).toMatchObject({ state: "completed", finalMessage: "Echo: from a page", firstEvent: "number" });
  const response = await fetch(answer["url"]!);
  expect(response.status).toBe(200);
  await response.body?.cancel();
});
