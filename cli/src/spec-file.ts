import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { parseSpec, parseToml, type Problem, WorkspaceError, type WorkspaceSpec } from "@codex-workspace/core";
import { parse as parseJsonText, type ParseError, printParseErrorCode } from "jsonc-parser";
import { LineCounter, parseDocument } from "yaml";

const defaultNames = ["yaml", "yml", "toml", "json"].map((ending) => `codex-workspace.${ending}`);

export interface SpecFile {
  /** Absolute. */
  readonly path: string;
  readonly spec: WorkspaceSpec;
}

/**
 * The spec of a directory: the given file, else `codex-workspace.{yaml,yml,toml,json}` in it, else nothing.
 *
 * @throws WorkspaceError `SPEC_UNREADABLE`, `SPEC_INVALID`, `SPEC_NOT_IN_FORCE`
 */
export async function readSpecFile(directory: string, given: string | undefined): Promise<SpecFile | undefined> {
  const path = given ?? (await findDefault(directory));
  if (path === undefined) return undefined;
  const value = parseSpecText(path, await readText(path));
  try {
    // An empty file is a spec that leaves everything to the defaults.
    return { path, spec: parseSpec(value ?? {}) };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    const { code, remedy, problems } = error;
    throw new WorkspaceError(`${path}: ${error.message}`, { code, remedy, problems, cause: error });
  }
}

/** The value in a spec's text, by the file's ending. Throws `SPEC_UNREADABLE` with line and column. */
export function parseSpecText(path: string, text: string): unknown {
  switch (extname(path).toLowerCase()) {
    case ".yaml":
    case ".yml":
      return parseYaml(path, text);
    case ".toml":
      return parseTomlFile(path, text);
    case ".json":
      return parseJson(path, text);
    default:
      throw new WorkspaceError(`${path} has none of the endings .yaml, .yml, .toml and .json`, {
        code: "SPEC_UNREADABLE",
        remedy: "Rename the spec, so that its ending says what it is written in.",
      });
  }
}

async function findDefault(directory: string): Promise<string | undefined> {
  const paths = defaultNames.map((name) => join(directory, name));
  const texts = await Promise.all(paths.map((path) => readFile(path).catch(ignoreMissing)));
  const found = paths.filter((_, index) => texts[index] !== undefined);
  if (found.length <= 1) return found[0];
  throw new WorkspaceError(`there are ${found.length} specs: ${found.join(", ")}`, {
    code: "SPEC_UNREADABLE",
    remedy: "Say which one with --spec FILE, or remove the others.",
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new WorkspaceError(`the spec ${path} cannot be read (${code ?? String(cause)})`, {
      code: "SPEC_UNREADABLE",
      remedy: "Give --spec the path of a .yaml, .toml or .json file that you may read.",
      cause,
    });
  }
}

function parseYaml(path: string, text: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length === 0) return document.toJS({ maxAliasCount: 100 }) as unknown;
  throw unreadable(path, "YAML", faults, (fault) => {
    const { line, col } = lineCounter.linePos(fault.pos[0]);
    return problemAt(path, text, fault.message, line, col);
  });
}

function parseTomlFile(path: string, text: string): unknown {
  try {
    return parseToml(text, { layer: path });
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw unreadable(path, "TOML", error.problems, (problem) => problem);
  }
}

function parseJson(path: string, text: string): unknown {
  const faults: ParseError[] = [];
  // JSON.parse does not always say where.
  const value: unknown = parseJsonText(text, faults, { disallowComments: true });
  const [first] = faults;
  if (first === undefined) return value;
  // What follows the first one is mostly its consequence.
  throw unreadable(path, "JSON", [first], ({ error, offset }) => {
    const before = text.slice(0, offset).split("\n");
    const words = printParseErrorCode(error)
      .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toLowerCase();
    return problemAt(path, text, words, before.length, (before.at(-1)?.length ?? 0) + 1);
  });
}

function unreadable<T>(
  path: string,
  format: string,
  faults: readonly T[],
  toProblem: (fault: T) => Problem,
): WorkspaceError {
  return new WorkspaceError(`${path} is not valid ${format}`, {
    code: "SPEC_UNREADABLE",
    remedy: "Correct the line that is shown.",
    problems: faults.map(toProblem),
  });
}

function problemAt(path: string, text: string, message: string, line: number, column: number): Problem {
  const lineText = text.split(/\r?\n/)[line - 1] ?? "";
  return { path, message, position: { line, column, lineText } };
}
