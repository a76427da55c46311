import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import ts from "typescript";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** A generator of TypeScript clients: its program, and its arguments for a document and a target directory. */
export interface ClientGenerator {
  readonly program: string;
  readonly arguments: (document: string, target: string) => readonly string[];
}

export const openApiTypescript: ClientGenerator = {
  program: "openapi-typescript/bin/cli.js",
  arguments: (document, target) => [document, "--output", join(target, "schema.ts")],
};

export const heyApi: ClientGenerator = {
  program: "@hey-api/openapi-ts/bin/run.js",
  arguments: (document, target) => ["--input", document, "--output", target, "--no-log-file"],
};

/** Directory with a generated client in `generated`, and with the npm packages of the checkout. */
export class GeneratedClient implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async generate(generator: ClientGenerator, document: string): Promise<GeneratedClient> {
    const directory = await mkdtemp("/var/tmp/codex-workspace-generated-");
    const target = join(directory, "generated");
    await mkdir(target);
    await symlink(modules, join(directory, "node_modules"));
    const program = [join(modules, generator.program), ...generator.arguments(document, target)];
    await promisify(execFile)(process.execPath, program, { cwd: directory });
    return new GeneratedClient(directory);
  }

  /** Returns the errors of tsc's strict rules in a program that uses the client. */
  async compile(program: string): Promise<string[]> {
    const file = join(this.#directory, "program.ts");
    await writeFile(file, program);
    const compiled = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      noUncheckedIndexedAccess: true,
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      types: [],
    });
    return ts
      .getPreEmitDiagnostics(compiled)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  }

  /** Returns the result of the program's function `run`. */
  async run(url: string, token: string): Promise<unknown> {
    const outfile = join(this.#directory, "program.mjs");
    const entryPoints = [join(this.#directory, "program.ts")];
    await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" });
    const { run } = (await import(outfile)) as { run: (url: string, token: string) => Promise<unknown> };
    return run(url, token);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }
}
