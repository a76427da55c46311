import { lstat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import {
  parseSpec,
  parseToml,
  type Problem,
  visibleText,
  WorkspaceError,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { isInside, leadsThrough, readRegularFile, UnreadFile, wayTo } from "@codex-workspace/provisioning";
import { parse as parseJsonText, type ParseError, printParseErrorCode } from "jsonc-parser";
import { LineCounter, parseDocument } from "yaml";
import { requirePlainValue } from "./plain-value.ts";

const defaultNames = ["yaml", "yml", "toml", "json"].map((ending) => `codex-workspace.${ending}`);

/** A spec is written by hand. */
const maxSpecBytes = 1024 * 1024;

/** A spec file, read once: what is decided about it and what is planned are the same bytes. */
export interface SpecFile {
  /** Absolute. */
  readonly path: string;
  /** Path without symbolic links, as it was when the file was read. */
  readonly realPath: string;
  readonly spec: WorkspaceSpec;
  readonly text: string;
  /** Whether a project directory has the file, so that others than its user decide what it says. */
  readonly isOfProject: boolean;
}

/**
 * Reads the spec of a directory: the given file, else `codex-workspace.{yaml,yml,toml,json}` in it, else nothing.
 *
 * @param projects - directories whose content the user does not vouch for, without symbolic links
 * @throws WorkspaceError `SPEC_UNREADABLE`, `SPEC_INVALID`, `SPEC_NOT_IN_FORCE`
 */
export async function readSpecFile(
  directory: string,
  given: string | undefined,
  projects: readonly string[] = [wayTo(directory).real],
): Promise<SpecFile | undefined> {
  const path = given === undefined ? await findDefault(directory) : resolve(given);
  if (path === undefined) return undefined;
  const read = readText(path, projects);
  const value = parseSpecText(path, read.text);
  try {
    // An empty file is a spec that leaves everything to the defaults.
    return { path, spec: parseSpec(value ?? {}), ...read };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    const { code, remedy, problems } = error;
    throw new WorkspaceError(`${visibleText(path)}: ${error.message}`, { code, remedy, problems, cause: error });
  }
}

/** The value in a spec's text, by the file's ending. Throws `SPEC_UNREADABLE` with line and column. */
export function parseSpecText(path: string, text: string): unknown {
  const parse = parserOf(path);
  try {
    const value = parse(path, text);
    requirePlainValue(path, value);
    return value;
  } catch (cause) {
    // Of a parser that calls itself for every level.
    if (!(cause instanceof RangeError)) throw cause;
    throw new WorkspaceError(`${visibleText(path)} is nested too deeply`, {
      code: "SPEC_UNREADABLE",
      remedy: "Write the spec with fewer levels.",
      cause,
    });
  }
}

function parserOf(path: string): (path: string, text: string) => unknown {
  switch (extname(path).toLowerCase()) {
    case ".yaml":
    case ".yml":
      return parseYaml;
    case ".toml":
      return parseTomlFile;
    case ".json":
      return parseJson;
    default:
      throw new WorkspaceError(`${visibleText(path)} has none of the endings .yaml, .yml, .toml and .json`, {
        code: "SPEC_UNREADABLE",
        remedy: "Rename the spec, so that its ending says what it is written in.",
      });
  }
}

/** A file of that name is a spec, whatever it is: a link or a directory is refused when it is read. */
async function findDefault(directory: string): Promise<string | undefined> {
  const paths = defaultNames.map((name) => join(directory, name));
  const entries = await Promise.all(paths.map((path) => lstat(path).catch(ignoreMissing)));
  const found = paths.filter((_, index) => entries[index] !== undefined);
  if (found.length <= 1) return found[0];
  throw new WorkspaceError(`there are ${found.length} specs: ${found.map(visibleText).join(", ")}`, {
    code: "SPEC_UNREADABLE",
    remedy: "Say which one with --spec FILE, or remove the others.",
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}

/** A link in a project is not followed: who writes the project would decide which file of this machine is read. */
function readText(path: string, projects: readonly string[]): Pick<SpecFile, "realPath" | "text" | "isOfProject"> {
  const way = wayTo(path);
  const link = way.links.find((candidate) => projects.some((project) => isInside(candidate, project)));
  if (link !== undefined) throw unread(path, `${visibleText(link)} is a symbolic link in the project`);
  try {
    const text = readRegularFile(way.real, maxSpecBytes)
      .toString("utf8")
      .replace(/^\ufeff/, "");
    return { realPath: way.real, text, isOfProject: projects.some((project) => leadsThrough(way, project)) };
  } catch (error) {
    if (!(error instanceof UnreadFile)) throw error;
    throw unread(path, error.message, error);
  }
}

function unread(path: string, why: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(`the spec ${visibleText(path)} cannot be read (${why})`, {
    code: "SPEC_UNREADABLE",
    remedy: "Give --spec the path of a regular .yaml, .toml or .json file that you may read.",
    cause,
  });
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
  parseJsonText(text, faults, { disallowComments: true });
  const [first] = faults;
  // Other than that parser, this one makes a property of a key `__proto__`, which is refused then.
  if (first === undefined) return JSON.parse(text) as unknown;
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
