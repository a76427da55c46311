import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ExampleCopy } from "../support/example.ts";

const run = promisify(execFile);
const alias = fileURLToPath(new URL("../support/programs/cdktn-for-cdktf.mjs", import.meta.url));

interface Synthesized {
  readonly "//": { readonly metadata: { readonly version: string } };
}

/** What Terraform gets of the example, and by which version. */
async function synthesize({ directory }: ExampleCopy, ...options: string[]) {
  const env = { ...process.env, HOME: directory, CDKTF_OUTDIR: join(directory, "out") };
  await run(process.execPath, [...options, "index.ts"], { cwd: directory, env });
  const json = await readFile(join(directory, "out", "stacks", "minimal", "cdk.tf.json"), "utf8");
  const { "//": ours, ...synthesized } = JSON.parse(json) as Synthesized;
  const { version, ...metadata } = ours.metadata;
  return { version, synthesized: { ...synthesized, metadata } };
}

test("the living fork of CDKTF, by its alias, synthesizes the same", async () => {
  await using example = await ExampleCopy.create("cdktf-minimal", "index.ts");
  await writeFile(join(example.directory, "api-token.txt"), "token-of-the-test\n");

  const cdktf = await synthesize(example);
  const cdktn = await synthesize(example, "--import", alias);

  expect([cdktf.version, cdktn.version]).toEqual(["0.21.0", "0.24.0"]);
  expect(cdktn.synthesized).toEqual(cdktf.synthesized);
  expect(cdktf.synthesized).toHaveProperty("resource.docker_container");
});
