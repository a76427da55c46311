import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type Readable } from "node:stream";
import { extract } from "tar-stream";
import { docker, testLabel } from "./docker.ts";

/** Every file of an image by path, with all that it is but its times: type, mode, owner, target, attributes, content. */
export async function imageFiles(tag: string): Promise<Map<string, string>> {
  const container = await docker(["create", "--label", testLabel, tag]);
  const files = new Map<string, string>();
  const archive = extract();
  const exported = dockerOutput(["export", container]);
  exported.output.pipe(archive);
  for await (const entry of archive) {
    const { name, type, mode, uid, gid, linkname, pax } = entry.header;
    const hash = createHash("sha256");
    for await (const chunk of entry) hash.update(chunk as Buffer);
    const attributes = Object.entries(pax ?? {}).filter(([key]) => key.startsWith("SCHILY.xattr."));
    const parts = [type, mode.toString(8), `${uid}:${gid}`, linkname, JSON.stringify(attributes), hash.digest("hex")];
    files.set(name, parts.join(" "));
  }
  await exported.end;
  await docker(["rm", container]);
  return files;
}

/** The paths at which two images differ, with what each has there. */
export function differences(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): Record<string, readonly [string | undefined, string | undefined]> {
  const paths = [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));
  return Object.fromEntries(paths.map((path) => [path, [one.get(path), other.get(path)]]));
}

/** Which of these texts are anywhere in an image: in a file of any of its layers, its history, its variables. */
export async function findInImage(tag: string, texts: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const longest = Math.max(...texts.map((text) => text.length));
  const saved = dockerOutput(["save", tag]);
  let before = Buffer.alloc(0);
  for await (const chunk of saved.output) {
    const window = Buffer.concat([before, chunk as Buffer]);
    for (const text of texts) if (window.includes(text)) found.add(text);
    before = window.subarray(-longest);
  }
  await saved.end;
  return texts.filter((text) => found.has(text));
}

/** What `docker` writes, as it comes; `end` fails where docker does. */
function dockerOutput(args: readonly string[]): { readonly output: Readable; readonly end: Promise<void> } {
  const child = spawn("docker", args, { stdio: ["ignore", "pipe", "inherit"] });
  const end = once(child, "close").then(([exitCode]) => {
    if (exitCode !== 0) throw new Error(`docker ${args.join(" ")} exited with ${String(exitCode)}`);
  });
  return { output: child.stdout, end };
}
