/**
 * Writes what the wrapper serves as files: the OpenAPI documents, generated from the schemas of api/, each schema, the
 * page that shows them, and the chat page. Run by bundle.mjs with the condition that resolves packages to their sources.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { operations, toOpenApi, toSchemaFile } from "@codex-workspace/api";
import { stringify } from "yaml";

const [outdir] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const require = createRequire(import.meta.url);

cpSync("web", outdir, { recursive: true });
const viewer = { "swagger-ui-bundle.js": "", "swagger-ui.css": "", LICENSE: "swagger-ui.", NOTICE: "swagger-ui." };
for (const [file, prefix] of Object.entries(viewer)) {
  copyFileSync(require.resolve(`swagger-ui-dist/${file}`), `${outdir}/docs/${prefix}${file}`);
}

for (const [name, openapi] of Object.entries({ openapi: "3.1", "openapi-3.0": "3.0" })) {
  const document = toOpenApi(operations, { version, openapi });
  writeFileSync(`${outdir}/${name}.json`, `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(`${outdir}/${name}.yaml`, stringify(document, { aliasDuplicateObjects: false }));
  if (openapi !== "3.1") continue;
  mkdirSync(`${outdir}/schemas`);
  for (const schema of Object.keys(document.components.schemas)) {
    writeFileSync(`${outdir}/schemas/${schema}.json`, `${JSON.stringify(toSchemaFile(document, schema), null, 2)}\n`);
  }
}
