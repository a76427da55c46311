import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@codex-workspace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Grant } from "./grant.ts";
import type { Keychain } from "./keychain.ts";
import { GrantStore } from "./store.ts";

const secret = "sk-of-the-upstream-alone";
const openai: Grant = {
  name: "openai",
  kind: "openai",
  host: "api.openai.com",
  secret: new Secret(secret),
  grantedAt: "2026-01-01T00:00:00.000Z",
};
const place = { profile: "default", name: "openai" };

/** Of a system that has one, which can be locked. */
class MemoryKeychain implements Keychain {
  readonly entries = new Map<string, string>();
  locked = false;

  read(account: string): Promise<string | undefined> {
    return this.locked ? Promise.reject(new Error("it is locked")) : Promise.resolve(this.entries.get(account));
  }

  write(account: string, text: string): Promise<void> {
    if (this.locked) return Promise.reject(new Error("it is locked"));
    this.entries.set(account, text);
    return Promise.resolve();
  }
}

let directory: string;
let keychain: MemoryKeychain;
let store: GrantStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "codex-workspace-grants-"));
  keychain = new MemoryKeychain();
  store = new GrantStore(directory, keychain);
});
afterEach(() => rm(directory, { recursive: true }));

/** Every file below the store's directory. */
async function files(): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test("a grant comes back as it was stored; on disk it is for this user alone, and not in clear", async () => {
  const { file, key, whyFile } = await store.write("default", openai);

  expect(await store.read(place)).toEqual(openai);
  expect((await store.read(place))?.secret.reveal()).toBe(secret);
  expect({ key, whyFile }).toEqual({ key: "keychain", whyFile: undefined });
  expect((await files()).sort()).toEqual([store.keyFile, file].sort());
  for (const path of await files()) {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const content = await readFile(path, "latin1");
    expect(content).not.toContain(secret);
    expect(content).not.toContain([...keychain.entries.values()][0]);
  }
});

test("where the keychain cannot be used, the key is a file, and it is said why", async () => {
  keychain.locked = true;
  expect(await store.write("default", openai)).toMatchObject({ key: "file", whyFile: "it is locked" });
  expect(await store.write("default", openai)).not.toHaveProperty("whyFile");

  keychain.locked = false;
  expect(await store.read(place)).toEqual(openai);
  expect(await store.keyPlace()).toBe("file");
  expect(keychain.entries.size).toBe(0);
});

test("grants that are made at once are encrypted with one key", async () => {
  const names = ["a", "b", "c", "d"];
  await Promise.all(names.map((name) => store.write("default", { ...openai, name })));
  expect((await store.list()).map((listed) => ("grant" in listed ? listed.grant.name : "?"))).toEqual(names);
});

test("each profile has its own, and a grant of the same name takes the former one's place", async () => {
  await store.write("default", openai);
  await store.write("work", { ...openai, secret: new Secret("sk-work") });
  await store.write("default", { ...openai, secret: new Secret("sk-newer") });

  expect((await store.read(place))?.secret.reveal()).toBe("sk-newer");
  expect((await store.read({ ...place, profile: "work" }))?.secret.reveal()).toBe("sk-work");
  expect(await store.read({ ...place, profile: "none" })).toBeUndefined();
  expect(await store.remove(place)).toBe(true);
  expect(await store.remove(place)).toBe(false);
  expect(await store.places()).toEqual([{ profile: "work", name: "openai" }]);
});

test("a file that is damaged, moved to another name or of another key is unreadable, and is said how to redo", async () => {
  const { file } = await store.write("default", openai);
  await store.write("default", { ...openai, name: "npm", kind: "bearer" });
  const npm = store.fileOf({ profile: "default", name: "npm" });
  const damaged = await readFile(npm);
  damaged[damaged.length - 1]! ^= 1;
  await writeFile(npm, damaged);

  expect(await store.read(place)).toEqual(openai);
  await expect(store.read({ profile: "default", name: "npm" })).rejects.toMatchObject({
    code: "GRANT_UNREADABLE",
    message: expect.stringContaining('grant "npm"') as string,
    remedy: "Grant it again: codex-workspace grant npm --host HOST",
  });

  await rename(file, npm);
  await expect(store.read({ profile: "default", name: "npm" })).rejects.toMatchObject({ code: "GRANT_UNREADABLE" });

  await rm(store.keyFile);
  await store.write("default", openai);
  const listed = await store.list();
  expect(listed.map((one) => [one.name, "fault" in one])).toEqual([
    ["npm", true],
    ["openai", false],
  ]);
});

test("a locked keychain is said, and no second key is made beside the one in it", async () => {
  await store.write("default", openai);
  keychain.locked = true;
  const locked = { code: "GRANT_UNREADABLE", message: expect.stringContaining("it is locked") as string };
  await expect(store.read(place)).rejects.toMatchObject(locked);
  await expect(store.write("default", openai)).rejects.toMatchObject(locked);

  keychain.locked = false;
  expect(await store.read(place)).toEqual(openai);
  keychain.entries.clear();
  await expect(store.read(place)).rejects.toMatchObject({ remedy: expect.stringContaining(store.keyFile) as string });
});

test.each(["../openai", "a/b", "a\\b", "a..b", "", "."])(
  "%j is the name of no grant and of no profile",
  async (name) => {
    const code = "USAGE";
    await expect(store.write("default", { ...openai, name })).rejects.toMatchObject({ code });
    await expect(store.write(name, openai)).rejects.toMatchObject({ code });
    await expect(store.read({ profile: "default", name })).rejects.toMatchObject({ code });
    await expect(store.remove({ profile: "default", name })).rejects.toMatchObject({ code });
    expect(await files()).toEqual([]);
  },
);
