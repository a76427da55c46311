import { execFileSync } from "node:child_process";
import {
  appendFile,
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { maxTextBytes, readText, replaceText } from "./text-file.ts";

let root: string;
let file: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  file = join(root, "AGENTS.md");
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("reads text with every byte of it", async () => {
  expect(await readText(file)).toEqual({ kind: "absent" });
  await writeFile(file, "\uFEFFÄ\r\n\0");
  const found = await readText(file);
  expect(found).toMatchObject({ kind: "text", text: "\uFEFFÄ\r\n\0" });
  await writeFile(file, "a".repeat(maxTextBytes));
  expect(await readText(file)).toMatchObject({ kind: "text" });
});

const others: readonly (readonly [name: string, make: () => unknown, reason: string])[] = [
  ["a directory", () => mkdir(file), "directory"],
  ["a directory with files", () => mkdir(join(file, "below"), { recursive: true }), "directory"],
  ["a FIFO", () => execFileSync("mkfifo", [file]), "FIFO"],
  ["a link", () => symlink(join(root, ".."), file), "symbolic link"],
  ["a dangling link", () => symlink("nowhere", file), "symbolic link"],
  ["a link to itself", () => symlink("AGENTS.md", file), "symbolic link"],
  ["a link to a device", () => symlink("/dev/zero", file), "symbolic link"],
  ["a sparse file of 10 GiB", () => writeFile(file, "").then(() => truncate(file, 10 * 1024 ** 3)), "longer"],
  ["a file that is one byte too long", () => writeFile(file, "a".repeat(maxTextBytes + 1)), "longer"],
  ["Latin-1", () => writeFile(file, Buffer.from([0x41, 0xe4, 0x0a])), "UTF-8"],
  ["UTF-16", () => writeFile(file, Buffer.from("\uFEFFtext", "utf16le")), "UTF-8"],
];

test.each(others)("%s is left alone", async (_, make, reason) => {
  await make();
  expect(await readText(file)).toMatchObject({ kind: "unusable", reason: expect.stringContaining(reason) as string });
});

test("a socket and devices are left alone", async () => {
  const server = createServer().listen(file);
  await once(server, "listening");
  expect(await readText(file)).toMatchObject({ kind: "unusable" });
  server.close();
  for (const device of ["/dev/zero", "/dev/null", "/dev/tty", "/dev/full"])
    expect(await readText(device)).toMatchObject({ kind: "unusable" });
  expect(await readText("/proc/self/status")).toMatchObject({ kind: "text" });
  expect(await readText(join("/proc/version", "AGENTS.md"))).toMatchObject({ kind: "unusable" });
});

test("a FIFO with a writer is not read either", async () => {
  execFileSync("mkfifo", [file]);
  const writing = appendFile(file, "text", { flag: "r+" });
  expect(await readText(file)).toMatchObject({ kind: "unusable" });
  await writing;
});

/** Returns what a team sees of a file. */
async function ownershipOf(path: string) {
  const { mode, uid, gid, nlink, ino } = await stat(path);
  return { mode: mode.toString(8), uid, gid, nlink, ino };
}

async function replace(text: string): Promise<void> {
  const found = await readText(file);
  if (found.kind !== "text") throw new Error(found.kind);
  await replaceText(file, text, found.ownership);
}

test.each(["longer than before, by far", "new", ""])(
  "a file with hard links keeps them with the text %j",
  async (text) => {
    await writeFile(file, "old text");
    await chmod(file, 0o640);
    await link(file, join(root, "other name"));
    const before = await ownershipOf(file);
    await replace(text);
    expect(await ownershipOf(file)).toEqual(before);
    expect(await readFile(join(root, "other name"), "utf8")).toBe(text);
  },
);

test("a file that was replaced since it was read is refused", async () => {
  await writeFile(file, "old");
  await link(file, join(root, "other name"));
  const found = await readText(file);
  if (found.kind !== "text") throw new Error(found.kind);
  await rm(file);
  await writeFile(file, "newer");
  await expect(replaceText(file, "ours", found.ownership)).rejects.toMatchObject({ code: "ETXTBSY" });
  expect(await readFile(file, "utf8")).toBe("newer");
});

const isRoot = process.getuid?.() === 0;

test.runIf(isRoot).each([
  ["root", 0],
  ["the agent's user", 1000],
])("a file of another owner and group keeps both when %s replaces it", async (_, uid) => {
  await chmod(root, 0o777);
  await writeFile(file, "old");
  await chmod(file, 0o666);
  await chown(file, 1234, 4321);
  const { ino: __, ...before } = await ownershipOf(file);
  process.seteuid?.(uid);
  try {
    await replace("new");
  } finally {
    process.seteuid?.(0);
  }
  expect(await ownershipOf(file)).toMatchObject(before);
  expect(await readFile(file, "utf8")).toBe("new");
});

test("a file keeps its mode, a new one follows the umask", async () => {
  await writeFile(file, "old");
  await chmod(file, 0o664);
  const found = await readText(file);
  if (found.kind !== "text") throw new Error(found.kind);
  await replaceText(file, "new", found.ownership);
  expect(await readFile(file, "utf8")).toBe("new");
  expect((await stat(file)).mode & 0o777).toBe(0o664);
  await writeFile(join(root, "plain"), "");
  await replaceText(join(root, "fresh"), "new", 0o666);
  expect((await stat(join(root, "fresh"))).mode).toBe((await stat(join(root, "plain"))).mode);
});
