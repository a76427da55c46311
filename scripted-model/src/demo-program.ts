import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * Path of the scripted model as one file that needs nothing beside it, so that it can be copied into a container. Built by
 * `npm run bundle`. The package is found by its name: the same from the sources, from dist and from a bundle.
 */
export const demoProgram = join(
  dirname(createRequire(import.meta.url).resolve("@codex-workspace/scripted-model/package.json")),
  "dist/scripted-model.mjs",
);
