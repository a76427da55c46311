/**
 * Bundles the command line into dist/program: a part that every command loads, and parts that are loaded when a command
 * wants them. Hundreds of small files would take longer to find and read than --help may take. Workspace packages come
 * from their sources, so that a bundle needs no build before it.
 */
import { rmSync } from "node:fs";
import { build } from "esbuild";

const outdir = "dist/program";

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { "codex-workspace": "src/main.ts" },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node24",
  format: "esm",
  conditions: ["codex-workspace-source"],
  // What a package has as ES modules is not looked for with require().
  mainFields: ["module", "main"],
  // They load native addons and files of their own where they are installed.
  external: ["dockerode", "@napi-rs/keyring"],
  // For --debug: stacks name the sources.
  sourcemap: true,
  sourcesContent: false,
  // Dependencies that are CommonJS call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: 'import { createRequire as createRequireOfBundle } from "node:module";\nconst require = createRequireOfBundle(import.meta.url);',
  },
  logLevel: "warning",
});
