import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ResolvedGrant, Secret } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Grant } from "./grant.ts";
import { resolveGrants } from "./resolve-grants.ts";
import { GrantStore } from "./store.ts";

const none = (): Promise<never> => Promise.reject(new Error("there is none"));
const packages: Grant = {
  name: "packages",
  kind: "bearer",
  host: "npm.example.com",
  secret: new Secret("token-of-packages"),
  grantedAt: "2026-01-01T00:00:00.000Z",
};

let directory: string;
let store: GrantStore;
let upstream: Server;
let status: number;
let arrived: (string | undefined)[];
let notes: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "codex-workspace-grants-"));
  store = new GrantStore(directory, { read: none, write: none });
  [status, arrived, notes] = [200, [], []];
  upstream = createServer((request, response) => {
    arrived.push(`${String(request.url)} ${String(request.headers.authorization)}`);
    response.writeHead(status).end();
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
});
afterEach(async () => {
  upstream.close();
  await rm(directory, { recursive: true });
});

const host = (): string => `127.0.0.1:${(upstream.address() as AddressInfo).port}`;

function resolve(
  grants: readonly string[],
  env: Readonly<Record<string, string>> = {},
  profile = "default",
): Promise<ResolvedGrant[]> {
  const { signal } = new AbortController();
  const spec = { grants, modelProvider: { baseUrl: `http://${host()}/v1` } };
  return resolveGrants(spec, profile, { store, env, signal, note: (text) => void notes.push(text) });
}

test("a stored grant is taken as it is, each once, and nobody is asked again", async () => {
  await store.write("default", packages);
  await store.write("default", { ...packages, name: "openai", kind: "openai", host: "models.example.com" });

  const resolved = await resolve(["openai", "packages", "openai"], { OPENAI_API_KEY: "sk-of-the-environment" });
  expect(resolved.map(({ name, host: of }) => [name, of])).toEqual([
    ["openai", "models.example.com"],
    ["packages", "npm.example.com"],
  ]);
  expect(resolved.map(({ secret }) => secret.reveal())).toEqual(["token-of-packages", "token-of-packages"]);
  expect(arrived).toEqual([]);
  expect(await resolve([])).toEqual([]);
});

test("what is not stored comes from the environment, and its provider is asked", async () => {
  const env = { OPENAI_API_KEY: " sk-of-the-environment\n" };
  const [openai] = await resolve(["openai"], env);
  expect(openai).toMatchObject({ name: "openai", host: host() });
  expect(openai?.secret.reveal()).toBe("sk-of-the-environment");
  expect(arrived).toEqual(["/v1/models Bearer sk-of-the-environment"]);
  expect(notes).toEqual([]);

  status = 429;
  expect(await resolve(["openai"], env)).toHaveLength(1);
  expect(notes).toEqual([expect.stringContaining("HTTP 429")]);
});

test.each([
  [401, "GRANT_REFUSED"],
  [403, "GRANT_REFUSED"],
  [503, "GRANT_UNVERIFIED"],
])("a key of the environment that the provider answers with HTTP %i is not taken", async (answer, code) => {
  status = answer;
  const key = "sk-of-the-environment";
  const error = await resolve(["openai"], { OPENAI_API_KEY: key }).catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ code });
  expect((error as Error).message).not.toContain(key);
});

test("a key of the environment that does not look like one is sent to nobody", async () => {
  for (const key of ["ghp_of-github", "sk-with blank", '"sk-in-quotes"']) {
    await expect(resolve(["openai"], { OPENAI_API_KEY: key })).rejects.toMatchObject({ code: "GRANT_REFUSED" });
  }
  expect(arrived).toEqual([]);
});

test("all that are missing are named at once, with what stores them", async () => {
  await store.write("default", packages);
  await expect(resolve(["packages", "other", "github"], {}, "default")).rejects.toMatchObject({
    code: "GRANT_NOT_FOUND",
    message: 'there is no grant "other", no grant "github"',
    remedy: "`codex-workspace grant other --host HOST`, `codex-workspace grant github`",
    problems: [
      { path: "grants[1]", message: "it is not stored" },
      { path: "grants[2]", message: "it is not stored, and GITHUB_TOKEN and GH_TOKEN are not set" },
    ],
  });
  await expect(resolve(["packages"], {}, "work")).rejects.toMatchObject({
    message: 'there is no grant "packages" of profile "work"',
  });
});
