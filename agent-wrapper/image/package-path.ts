import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The sources are in image/, what is built of them in dist/image/; only one of both has the Dockerfile beside it. */
const root = new URL(existsSync(new URL("Dockerfile", import.meta.url)) ? "../" : "../../", import.meta.url);

/** A path inside this package: the same from the sources, from dist and from an installed package. */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(path, root));
}
