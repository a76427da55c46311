/**
 * Bundles the component and its plugin into dist/program: a program that imports it would look for hundreds of small files.
 * Workspace packages come from their sources, so that a bundle needs no build before it.
 */
import { rmSync } from "node:fs";
import { build } from "esbuild";

const outdir = "dist/program";

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: ["src/index.ts", "src/plugin.ts"],
  outdir,
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node24",
  format: "esm",
  conditions: ["codex-workspace-source"],
  // What a package has as ES modules is not looked for with require().
  mainFields: ["module", "main"],
  // Those of the user's program.
  external: ["@pulumi/*"],
  // Dependencies that are CommonJS call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: 'import { createRequire as createRequireOfBundle } from "node:module";\nconst require = createRequireOfBundle(import.meta.url);',
  },
  logLevel: "warning",
});
