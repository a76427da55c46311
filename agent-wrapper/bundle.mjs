/**
 * Bundles each program of the wrapper into one file of dist/program, and writes the files it serves beside them: what the
 * image copies and the local engine starts.
 * Workspace packages come from their sources, so that a bundle needs no build before it.
 */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const outdir = "dist/program";

/** What the wrapper sends, by the endings of its files. express knows the types of all files of the world. */
const servedEndings = ["css", "html", "js", "json", "svg", "txt", "yaml"];

const servedTypes = {
  name: "served-types",
  setup({ onLoad }) {
    onLoad({ filter: /mime-db\/db\.json$/ }, ({ path }) => {
      const types = Object.entries(createRequire(import.meta.url)(path));
      const served = types.filter(([, { extensions = [] }]) => extensions.some((it) => servedEndings.includes(it)));
      return { contents: JSON.stringify(Object.fromEntries(served)), loader: "json" };
    });
  },
};

/**
 * What dependencies load and nobody here makes them use: express its parsers of bodies, with the alphabets of the world;
 * prom-client clusters, gateways and tracing.
 */
const notUsed = {
  name: "not-used",
  setup({ onLoad }) {
    const filter = /(body-parser\/index|prom-client\/lib\/(cluster|defaultMetrics|pushgateway))\.js$/;
    onLoad({ filter }, () => ({ contents: "" }));
  },
};

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: { "agent-wrapper": "src/main.ts", "apply-files": "src/files/apply-files-program.ts" },
  outdir,
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node24",
  // What an ES module imports of Node it gets whole: node:http brings fetch, 14 MB and 20 ms that nobody here uses.
  format: "cjs",
  conditions: ["codex-workspace-source"],
  // Names stay: the log shows stacks.
  minifyWhitespace: true,
  minifySyntax: true,
  // A native addon. The image installs it beside the bundle, and so does the command line, which starts the wrapper; a
  // provisioner only copies the bundle into an image.
  external: ["node-pty"],
  plugins: [servedTypes, notUsed],
  logLevel: "warning",
});
execFileSync(process.execPath, ["--conditions=codex-workspace-source", "web-files.mjs", `${outdir}/web`], {
  stdio: "inherit",
});
