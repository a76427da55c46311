import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { moduleComment, renderTerraformModule, type TerraformModule } from "@codex-workspace/cdktf/terraform-module";
import { WorkspaceError } from "@codex-workspace/core";
import { exitCodeOf, showError } from "../cli/src/show-error.ts";
import { readSpecFile } from "../cli/src/spec-file.ts";

const usage = "scripts/terraform-module [--spec FILE] --out DIR";

try {
  const { spec, out } = readArguments();
  const read = spec === undefined ? undefined : await readSpecFile(".", spec);
  await writeModule(out, renderTerraformModule(read?.spec ?? {}));
  console.log(`${out} is the module; ${join(out, "README.md")} says how to use it`);
} catch (error) {
  console.error(showError(error));
  process.exitCode = exitCodeOf(error);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { spec: { type: "string" }, out: { type: "string" } },
    });
    if (values.out === undefined) throw new Error("--out DIR is missing");
    return { spec: values.spec, out: values.out };
  } catch (error) {
    throw new WorkspaceError((error as Error).message, { code: "USAGE", remedy: `Usage: ${usage}`, cause: error });
  }
}

async function writeModule(directory: string, { main, readme, images }: TerraformModule): Promise<void> {
  await requireOurs(directory);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "main.tf.json"), main);
  await writeFile(join(directory, "README.md"), readme);
  for (const [image, { files }] of Object.entries(images)) {
    await rm(join(directory, "images", image), { recursive: true, force: true });
    for (const { path, mode, content } of files) {
      const file = join(directory, "images", image, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      await chmod(file, mode);
    }
  }
}

/** A module that a former run wrote is written over, and nothing else. */
async function requireOurs(directory: string): Promise<void> {
  const names = await readdir(directory).catch(unlessMissing([]));
  if (names.length === 0) return;
  const main = await readFile(join(directory, "main.tf.json"), "utf8").catch(unlessMissing(""));
  if (main.includes(moduleComment)) return;
  throw new WorkspaceError(`${directory} has something else than a module in it`, {
    code: "USAGE",
    remedy: "Give --out a directory that is new, or that a former run wrote.",
  });
}

function unlessMissing<Nothing>(nothing: Nothing): (error: NodeJS.ErrnoException) => Nothing {
  return (error) => {
    if (error.code !== "ENOENT") throw error;
    return nothing;
  };
}
