import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testImageInputs } from "./image.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** A copy of an example, as its user has it after `npm install`. */
export class ExampleCopy implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Word for word but for one input: where base images come from, and what a build trusts, is the machine's.
   *
   * @param file - in which the workspace is declared
   */
  static async create(example: string, file: string): Promise<ExampleCopy> {
    const directory = await mkdtemp(join(tmpdir(), `codex-workspace-${example}-`));
    await cp(join(repository, "examples", example), directory, { recursive: true });
    await symlink(join(repository, "node_modules"), join(directory, "node_modules"));
    const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
    const image = { build: { baseImage, nodeImage, extraCaCertificates } };
    const program = await readFile(join(directory, file), "utf8");
    const declaration = /new CodexWorkspace\(.*\{\n/;
    if (!declaration.test(program)) throw new Error(`${example}/${file} declares no workspace`);
    const changed = program.replace(declaration, (found) => `${found}  image: ${JSON.stringify(image)},\n`);
    await writeFile(join(directory, file), changed);
    return new ExampleCopy(directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
