import { constants } from "node:fs";
import { lstat, open, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

/** Whether git tracks a file, or why that is unknown. */
export type Tracked = "yes" | "no" | { readonly unknown: string };

/** Bound of an index; one of a million files has about 100 MiB. */
const maxIndexBytes = 512 * 1024 ** 2;
const maxSmallBytes = 1024 ** 2;

/**
 * Returns whether git tracks a file of a directory. It reads git's index itself: git runs programs that a repository
 * names (`core.fsmonitor`, `uploadpack` of a partial clone), refuses repositories of other owners, and may be missing.
 * The format is that of https://git-scm.com/docs/index-format, versions 2 to 4. Only a directory without a repository,
 * or an index without the file, means "no".
 */
export async function isTracked(directory: string, name: string): Promise<Tracked> {
  try {
    const real = await realpath(directory);
    const repository = await findRepository(real);
    if (repository === undefined) return "no";
    return await isInIndex(repository, join(real, name));
  } catch (error) {
    return { unknown: error instanceof Error ? error.message : String(error) };
  }
}

interface Repository {
  readonly workTree: string;
  readonly gitDirectory: string;
}

/** Looks upwards, as git does. A `.git` that is no repository is passed over only where git passes over it. */
async function findRepository(from: string): Promise<Repository | undefined> {
  for (let workTree = from; ; workTree = dirname(workTree)) {
    const path = join(workTree, ".git");
    const stats = await orAbsent(stat(path), path);
    if (stats?.isFile() === true) return { workTree, gitDirectory: await followGitFile(path) };
    if (stats?.isDirectory() === true) {
      const parts = await Promise.all(["HEAD", "index"].map((part) => exists(join(path, part))));
      if (parts.includes(true)) return { workTree, gitDirectory: path };
    } else if (stats !== undefined) throw new Error(`${path} is neither a file nor a directory`);
    if (workTree === dirname(workTree)) return undefined;
  }
}

/** The `.git` of a linked work tree, a submodule or `--separate-git-dir` names a directory elsewhere. */
async function followGitFile(path: string): Promise<string> {
  const target = /^gitdir: (.+?)\r?\n?$/.exec((await readSmall(path)) ?? "")?.[1];
  if (target === undefined) throw new Error(`${path} names no git directory`);
  const directory = resolve(dirname(path), target);
  if (!(await exists(join(directory, "HEAD"))))
    throw new Error(`${path} names ${directory}, which is no repository here`);
  return directory;
}

async function isInIndex({ workTree, gitDirectory }: Repository, file: string): Promise<Tracked> {
  const settings = await settingsOf(gitDirectory);
  for (const other of settings.workTrees) {
    const real = await realpath(resolve(gitDirectory, other)).catch(() => undefined);
    if (real !== workTree) throw new Error(`the repository names another work tree, ${other}`);
  }
  const index = await readBounded(join(gitDirectory, "index"), maxIndexBytes);
  if (index === undefined) return "no";
  const { names, sharedIndex } = parseIndex(index, settings.hashBytes);
  if (sharedIndex !== undefined) {
    const shared = await readBounded(join(gitDirectory, `sharedindex.${sharedIndex}`), maxIndexBytes);
    if (shared === undefined) throw new Error("the shared index is missing");
    names.push(...parseIndex(shared, settings.hashBytes).names);
  }
  return await includesFile(names, workTree, file);
}

async function includesFile(names: readonly string[], workTree: string, file: string): Promise<Tracked> {
  const path = relative(workTree, file);
  const folded = path.toLowerCase();
  for (const name of names) {
    if (name === path) return "yes";
    // An entry of a sparse index is a whole directory.
    if (name.endsWith("/") && path.startsWith(name)) throw new Error(`the index does not list the files of ${name}`);
    // Where case makes no difference, both names are one file.
    if (name.toLowerCase() === folded && (await isSameFile(join(workTree, name), file))) return "yes";
  }
  return "no";
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => orAbsent(lstat(path), path)));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

interface Settings {
  readonly hashBytes: 20 | 32;
  /** Values of `core.worktree`. */
  readonly workTrees: readonly string[];
}

/** Reads the two settings that change how the index is read. A broken file is no obstacle. */
async function settingsOf(gitDirectory: string): Promise<Settings> {
  const common = (await readSmall(join(gitDirectory, "commondir")))?.trim();
  const shared = common === undefined ? gitDirectory : resolve(gitDirectory, common);
  const own = await Promise.all(["config", "config.worktree"].map((name) => readSmall(join(gitDirectory, name))));
  const ofShared = (await readSmall(join(shared, "config"))) ?? "";
  const texts = own.map((text) => text ?? "").join("\n");
  const workTrees = [...texts.matchAll(/^\s*worktree\s*=\s*(.*?)\s*$/gim)].map(([, value = ""]) =>
    value.replace(/^"(.*)"$/, "$1"),
  );
  return { hashBytes: /^\s*objectformat\s*=\s*"?sha256/im.test(texts + ofShared) ? 32 : 20, workTrees };
}

interface ParsedIndex {
  readonly names: string[];
  /** Hash of the index that a split index adds to. */
  readonly sharedIndex: string | undefined;
}

const extendedFlag = 0x4000;
const signature = "DIRC";

/** Names of all entries. @throws Error if the index is damaged or of an unknown version */
function parseIndex(index: Buffer, hashBytes: number): ParsedIndex {
  const version = index.length >= 12 + hashBytes ? index.readUInt32BE(4) : 0;
  if (index.toString("latin1", 0, 4) !== signature || version < 2 || version > 4)
    throw new Error("git's index cannot be read");
  const end = index.length - hashBytes;
  const count = index.readUInt32BE(8);
  const names: string[] = [];
  let at = 12;
  let previous = Buffer.alloc(0);
  for (let read = 0; read < count; read++) {
    const begin = at;
    const flags = at + 40 + hashBytes;
    if (flags + 2 > end) throw damaged();
    const extended = (index.readUInt16BE(flags) & extendedFlag) !== 0;
    at = flags + (extended ? 4 : 2);
    let kept = Buffer.alloc(0);
    if (version === 4) {
      const [cut, next] = readVarint(index, at, end);
      if (cut > previous.length) throw damaged();
      [kept, at] = [previous.subarray(0, previous.length - cut), next];
    }
    const stop = index.indexOf(0, at);
    if (stop === -1 || stop >= end) throw damaged();
    const name = Buffer.concat([kept, index.subarray(at, stop)]);
    const length = index.readUInt16BE(flags) & 0xfff;
    if (length < 0xfff && length !== name.length) throw damaged();
    names.push(name.toString("utf8"));
    at = version === 4 ? stop + 1 : begin + Math.ceil((stop - begin + 1) / 8) * 8;
    previous = name;
  }
  return { names, sharedIndex: findSharedIndex(index.subarray(at, Math.max(at, end)), hashBytes) };
}

/** The `link` extension. One of lower-case letters that is unknown changes what the entries mean. */
function findSharedIndex(extensions: Buffer, hashBytes: number): string | undefined {
  let shared: string | undefined;
  for (let at = 0; at < extensions.length;) {
    if (at + 8 > extensions.length) throw damaged();
    const kind = extensions.toString("latin1", at, at + 4);
    const size = extensions.readUInt32BE(at + 4);
    const begin = at + 8;
    if (begin + size > extensions.length) throw damaged();
    if (kind === "link") shared = extensions.toString("hex", begin, begin + hashBytes);
    else if (kind !== "sdir" && !/^[A-Z]/.test(kind)) throw new Error(`git's index has an unknown extension ${kind}`);
    at = begin + size;
  }
  return shared === "0".repeat(2 * hashBytes) ? undefined : shared;
}

/** The number that a path of version 4 begins with: how many bytes of the previous path are cut off. */
function readVarint(index: Buffer, from: number, end: number): [value: number, next: number] {
  let at = from;
  let value = 0;
  for (let first = true; ; first = false) {
    if (at >= end || value > 2 ** 24) throw damaged();
    const byte = index.readUInt8(at++);
    value = first ? byte & 0x7f : (value + 1) * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return [value, at];
  }
}

function damaged(): Error {
  return new Error("git's index is damaged");
}

async function readSmall(path: string): Promise<string | undefined> {
  return (await readBounded(path, maxSmallBytes))?.toString("utf8");
}

/** Reads a regular file up to a bound; undefined where there is none. Neither a FIFO nor a device makes it wait. */
async function readBounded(path: string, bound: number): Promise<Buffer | undefined> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const file = await orAbsent(open(path, flags), path);
  if (file === undefined) return undefined;
  await using opened = file;
  const stats = await opened.stat();
  if (!stats.isFile()) throw new Error(`${path} is no regular file`);
  if (stats.size > bound) throw new Error(`${path} is longer than ${bound} bytes`);
  const buffer = Buffer.alloc(stats.size);
  let length = 0;
  while (length < stats.size) {
    const { bytesRead } = await opened.read(buffer, length, stats.size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

async function exists(path: string): Promise<boolean> {
  return (await orAbsent(lstat(path), path)) !== undefined;
}

/** Settles with undefined only where nothing is there. Any other failure is no answer. */
async function orAbsent<T>(asked: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") throw new Error(`${path}: ${String(code)}`, { cause: error });
    return undefined;
  }
}
