import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reachByUrl } from "./reach-by-url.ts";

let cwd: string;
const stops: (() => void)[] = [];
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "codex-workspace-"));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await rm(cwd, { recursive: true });
});

/** Something that gives everybody the same answer. */
async function answering(status: number, body: string, type = "text/plain"): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const problem = (status: number, code: string, detail: string): Promise<string> =>
  answering(status, JSON.stringify({ title: "Refused", status, detail, code }), "application/problem+json");

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly tokenFile?: string;
  readonly signal?: AbortSignal;
}

function reach(url: string, { env = {}, tokenFile, signal = new AbortController().signal }: Surroundings = {}) {
  return reachByUrl({ env, cwd, signal }, { url, tokenFile });
}

test("the token is that of the file, else of the variable, else none", async () => {
  const url = await problem(403, "SCOPE_MISSING", "the token lacks the scope `read`");
  await writeFile(join(cwd, "token"), "of-the-file\n");
  const env = { CODEX_WORKSPACE_TOKEN: "of-the-variable" };

  expect((await reach(url, { env, tokenFile: "token" })).token?.reveal()).toBe("of-the-file");
  expect((await reach(url, { env })).token?.reveal()).toBe("of-the-variable");
  expect((await reach(url)).token).toBeUndefined();
});

test("what holds no token is named, and what it holds is not shown", async () => {
  await writeFile(join(cwd, "two"), "s3cret\nanother");
  await writeFile(join(cwd, "empty"), "\n");
  const bad = [
    [{ tokenFile: "none" }, /token file .*none cannot be read \(ENOENT\)/],
    [{ tokenFile: "empty" }, /empty holds no token/],
    [{ tokenFile: "two" }, /two holds no token/],
    [{ env: { CODEX_WORKSPACE_TOKEN: "s3cret s3cret" } }, /CODEX_WORKSPACE_TOKEN holds no token/],
  ] as const;

  for (const [given, message] of bad) {
    const error: unknown = await reach("http://127.0.0.1:1", given).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "SECRET_UNRESOLVED", message: expect.stringMatching(message) as string });
    expect((error as Error).message).not.toContain("s3cret");
  }
});

test("a token that is refused, and one that is missing, are told apart", async () => {
  const url = await problem(401, "TOKEN_EXPIRED", "the token has expired");
  const remedy = expect.stringContaining("--token-file") as string;

  await expect(reach(url, { env: { CODEX_WORKSPACE_TOKEN: "t" } })).rejects.toMatchObject({
    code: "TOKEN_EXPIRED",
    message: `${url} refuses the token of CODEX_WORKSPACE_TOKEN: the token has expired`,
    remedy,
  });
  await expect(reach(url)).rejects.toMatchObject({ message: `${url} wants a token`, remedy });
});

test("nobody there is told with the reason", async () => {
  const url = await answering(200, "");
  stops.splice(0).forEach((stop) => stop());

  await expect(reach(url)).rejects.toMatchObject({
    code: "WORKSPACE_NOT_RUNNING",
    message: `nothing answers at ${url} (ECONNREFUSED)`,
  });
});

test("what takes the connection and never answers is told after a while", async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const { signal } = new AbortController();
  await expect(reachByUrl({ env: {}, cwd, signal }, { url }, 50)).rejects.toMatchObject({
    code: "WORKSPACE_NOT_RUNNING",
    message: `nothing answers at ${url} (not within 0.05 s)`,
  });
});

test.each([
  [404, "404 page\n not found", "404 404 page not found"],
  [400, "Invalid host header. Allowed hosts: localhost", "400 Invalid host header. Allowed hosts: localhost"],
  [401, "log in first", "401 log in first"],
  [200, "<html>", "what it says is no status of one"],
  [200, '{"status": "ok"}', "what it says is no status of one"],
])("what answers %i %s is no workspace", async (status, body, said) => {
  const url = await answering(status, body);

  await expect(reach(url)).rejects.toMatchObject({
    code: "WORKSPACE_NOT_FOUND",
    message: `${url} does not answer as a workspace does: ${said}`,
    remedy: expect.stringContaining("api.hosts") as string,
  });
});

test("Ctrl-C is the reason where it was pressed", async () => {
  const reason = new Error("enough");
  await expect(reach("http://127.0.0.1:1", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
