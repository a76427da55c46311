import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Uploads } from "./uploads.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "uploads-"));
});
afterEach(() => rm(directory, { recursive: true }));

const store = async (uploads: Uploads, name: string, content: string | Buffer): Promise<string> =>
  (await uploads.receive(Readable.from([Buffer.from(content)]))).keep(name, () => undefined);

test("a file lies below the hash of its content, readable by everybody, writable by its owner alone", async () => {
  const path = await store(await Uploads.open(directory, 1024 ** 2), "note.txt", "hello");
  expect(path).toBe(join(directory, "2cf24dba5fb0a30e", "note.txt"));
  expect(await readFile(path, "utf8")).toBe("hello");
  expect((await stat(path)).mode & 0o777).toBe(0o644);
  expect((await stat(join(directory, "2cf24dba5fb0a30e"))).mode & 0o777).toBe(0o755);
});

test("the same file again is the same file; another name is another one beside it", async () => {
  const uploads = await Uploads.open(directory, 1024 ** 2);
  const first = await store(uploads, "a", "same");
  expect(await store(uploads, "a", "same")).toBe(first);
  expect(await store(uploads, "b", "same")).toBe(join(first, "..", "b"));
  expect(await readdir(directory)).toHaveLength(1);
});

test("what is discarded is gone", async () => {
  const uploads = await Uploads.open(directory, 1024 ** 2);
  await (await uploads.receive(Readable.from([Buffer.from("x")]))).discard();
  expect(await readdir(directory)).toEqual([]);
});

test("a stream that breaks leaves nothing", async () => {
  const uploads = await Uploads.open(directory, 1024 ** 2);
  const breaking = Readable.from(
    (function* () {
      yield Buffer.from("x");
      throw new Error("broken");
    })(),
  );
  await expect(uploads.receive(breaking)).rejects.toThrow("broken");
  expect(await readdir(directory)).toEqual([]);
});

test("a file that does not fit any more is refused, and the same one again still fits", async () => {
  const uploads = await Uploads.open(directory, 20_000);
  const block = Buffer.alloc(4096, "x");
  await store(uploads, "1", block);
  await store(uploads, "2", block);
  const full = expect.objectContaining({ code: "UPLOADS_FULL" }) as unknown;
  await expect(store(uploads, "3", block)).rejects.toEqual(full);
  await store(uploads, "1", block);

  const reopened = await Uploads.open(directory, 20_000);
  await expect(store(reopened, "3", block)).rejects.toEqual(full);
  expect(await readdir(join(directory, (await readdir(directory))[0]!))).toEqual(["1", "2"]);
});

test("what a wrapper that was killed had not finished is removed; the rest stays", async () => {
  const path = await store(await Uploads.open(directory, 1024 ** 2), "kept", "x");
  await writeFile(join(directory, ".unfinished-1"), "half");
  await Uploads.open(directory, 1024 ** 2);
  expect(await readdir(directory)).toEqual([path.split("/").at(-2)]);
});
