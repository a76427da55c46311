import { readFile } from "node:fs/promises";

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The lowest version that a package of this repository allows of each peer dependency: `NAME@VERSION`. */
export async function lowestPeers(folder: string): Promise<string[]> {
  return Object.entries(await peersOf(folder)).map(([name, range]) => {
    const [, lowest] = /^>=(\S+) <\S+$/.exec(range) ?? [];
    if (lowest === undefined) throw new Error(`${folder}/package.json has no range ">=A <B" of ${name}: ${range}`);
    return `${name}@${lowest}`;
  });
}

/** The newest version of each peer dependency, in the words of `npm install`: npm chooses the newest of a range. */
export async function newestPeers(folder: string): Promise<string[]> {
  return Object.entries(await peersOf(folder)).map(([name, range]) => `${name}@${range}`);
}

async function peersOf(folder: string): Promise<Manifest["peerDependencies"]> {
  const text = await readFile(new URL(`../../${folder}/package.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as Manifest).peerDependencies;
}
