import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { environmentNames } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { rawRequest } from "../support/raw-http.ts";
import { until } from "../support/workspace-http.ts";
import { secretOf, TestWorkspace, token } from "../support/workspace.ts";

const modelKey = { env: "MARKED_MODEL_KEY" };
const marked = { env: "MARKED_SECRET" };
const ci = { env: "MARKED_TOKEN" };

/** All of a directory's files, those of SQLite too. */
async function contentOf(directory: string): Promise<string> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), "latin1"));
  return (await Promise.all(texts)).join("\n");
}

/** What the terminal opens app-server with. */
async function appServerToken(workspace: TestWorkspace): Promise<string> {
  const [pid] = await childrenOf(workspace.pid, "resume");
  const environment = await readFile(`/proc/${pid}/environ`, "utf8");
  return new RegExp(`${environmentNames.remoteToken}=([^\\0]+)`).exec(environment)?.[1] ?? "";
}

test("no secret is in a log, at debug level too, in an answer that refuses something, or in the state", async () => {
  const key = secretOf(modelKey).reveal();
  const secret = secretOf(marked).reveal();
  await using workspace = await TestWorkspace.create({ model: { apiKey: key } });
  await workspace.start({
    modelProvider: { baseUrl: workspace.model.url, apiKey: modelKey },
    env: { MARKED: marked, RUST_LOG: "debug" },
    api: { tokens: [{ name: "ci", token: ci, scopes: ["read"] }] },
    preInstallScript: 'echo "says $MARKED"; echo "and $MARKED" >&2',
    logLevel: "debug",
  });
  await workspace.ready();
  expect(await workspace.ask("hello")).toBe("Echo: hello");
  await workspace.post("/message", { type: "raw", content: "x" });

  const { port } = workspace.layout.listen;
  const [wrong, ours] = ["wrong-MARKED-token", secretOf(ci).reveal()];
  const host = `Host: 127.0.0.1:${port}`;
  const ticket = (await workspace.post("/v1/tickets", {})).body["ticket"] as string;
  const refused = await Promise.all([
    rawRequest(port, ["GET /messages HTTP/1.1", host, `Authorization: Bearer ${wrong}`]),
    rawRequest(port, [`GET /messages?token=${ours} HTTP/1.1`, host]),
    rawRequest(port, [`GET /events?ticket=${wrong} HTTP/1.1`, host]),
    rawRequest(port, ["GET /nothing HTTP/1.1", host, `Authorization: Bearer ${ours}`]),
    rawRequest(port, ["POST /message HTTP/1.1", host, `Authorization: Bearer ${ours}`, "Content-Length: 2"], "{}"),
    rawRequest(port, ["GET /messages HTTP/1.1", "Host: evil.example", `Authorization: Bearer ${ours}`]),
    rawRequest(port, ["GET /messages HTTP/1.1", host, `Authorization: Bearer ${ours}`, "no header"]),
    rawRequest(port, [`GET /v1/sessions/main/events?after=${ours} HTTP/1.1`, host, `Authorization: Bearer ${token}`]),
  ]);
  expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 404, 403, 400, 400, 422]);
  const broken = await workspace.post("/message", `{"type":"user","content":"${secret}`);
  expect(broken.status).toBe(400);

  // Where they have to be, they are; and what is looked through has been written.
  expect(workspace.model.requests.at(-1)?.headers.authorization).toBe(`Bearer ${key}`);
  const remoteToken = await appServerToken(workspace);
  expect(remoteToken.length).toBeGreaterThan(30);
  const log = (): string => JSON.stringify(workspace.log);
  await until(() => log().includes("says [secret]") && log().includes("and [secret]"), "the script's words");
  expect(workspace.log.filter(({ level, component }) => level === 20 && component === "codex")).not.toHaveLength(0);
  const state = await contentOf(workspace.layout.state);
  expect(state).toContain("says [secret]");
  expect(state).toContain("Echo: hello");

  const said = { log: log(), state, answers: JSON.stringify(refused) };
  for (const known of [key, secret, ours, wrong, ticket, remoteToken, token]) {
    const found = Object.entries(said).filter(([, text]) => text.includes(known));
    expect([known, found.map(([where]) => where)]).toEqual([known, []]);
  }
});
