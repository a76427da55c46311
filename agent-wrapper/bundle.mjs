/**
 * Bundles each program of the wrapper into one file of dist/program, and writes the files it serves beside them: what the
 * image copies and the local engine starts.
 * Workspace packages come from their sources, so that a bundle needs no build before it.
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "esbuild";

const outdir = "dist/program";

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { "agent-wrapper": "src/main.ts", "apply-files": "src/files/apply-files-program.ts" },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  conditions: ["codex-workspace-source"],
  // A native addon: the image and the npm package install it beside the bundle.
  external: ["node-pty"],
  // Dependencies that are CommonJS call require() for Node's own modules, which an ES module does not have.
  banner: {
    js: 'import { createRequire as createRequireOfBundle } from "node:module";\nconst require = createRequireOfBundle(import.meta.url);',
  },
  logLevel: "warning",
});
execFileSync(process.execPath, ["--conditions=codex-workspace-source", "web-files.mjs", `${outdir}/web`], {
  stdio: "inherit",
});
