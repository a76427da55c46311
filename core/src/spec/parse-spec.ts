import type * as z from "zod";
import { renderKeyPath } from "../config/key-path.ts";
import { type Problem, WorkspaceError } from "../errors.ts";
import { ownValue } from "../own-value.ts";
import { receivedSecret, Secret } from "../secret.ts";
import { formerInput } from "./former-inputs.ts";
import { nearest } from "./nearest.ts";
import { notInForce, workspaceSpecSchema } from "./schema.ts";
import type { WorkspaceSpec } from "./workspace-spec.ts";

type Path = readonly PropertyKey[];

/**
 * A value of unknown shape as a spec.
 *
 * @throws WorkspaceError `SPEC_INVALID` with every problem at once, each with its path; `SPEC_NOT_IN_FORCE` when the
 * only problems are inputs that this release knows but does not act on.
 */
export function parseSpec(value: unknown): WorkspaceSpec {
  // A process parses one spec: zod would write and compile a program for it, which takes longer than it saves.
  const result = workspaceSpecSchema.safeParse(value, { jitless: true });
  const issues = result.error?.issues ?? [];
  const misplaced = misplacedSecrets(value, result);
  const wrong = [
    ...misplaced.map((path) => ({
      path: printPath(path),
      message: `expected an object${receivedSecret(at(value, path)) ?? ""}`,
    })),
    ...issues
      .filter(({ path }) => !misplaced.some((secret) => isBelow(path, secret)))
      .flatMap((issue) => toProblems(issue, value)),
  ];
  // One that is wrong is told as wrong: to mend it would not help, but to be told both would not either.
  const early = notInForce.filter(
    (key) => at(value, [key]) !== undefined && !issues.some(({ path }) => path[0] === key),
  );
  if (result.success && wrong.length + early.length === 0) return result.data;
  const problems = [...wrong, ...early.map((path) => ({ path, message: "known, but not in force in this release" }))];
  if (wrong.length === 0) {
    throw new WorkspaceError(`this release does not act on ${list(early)} yet`, {
      code: "SPEC_NOT_IN_FORCE",
      remedy: "Remove these inputs: a setting that is accepted and does nothing would mislead.",
      problems,
    });
  }
  throw new WorkspaceError(
    problems.length === 1 ? "the spec has a problem" : `the spec has ${problems.length} problems`,
    {
      code: "SPEC_INVALID",
      remedy: "Correct the listed properties; docs/spec.md has every input with its default.",
      problems,
    },
  );
}

function toProblems(issue: z.core.$ZodIssue, value: unknown): Problem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: printPath([...issue.path, key]),
      message: unknownKeyMessage(key, issue.path),
    }));
  }
  const path = printPath(issue.path);
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => ({ path, message }));
  }
  const given = at(value, issue.path);
  if (given === undefined && issue.path.length > 0 && issue.code === "invalid_type") {
    return [{ path, message: `is missing: ${describe(issue)}` }];
  }
  const received = receivedSecret(given) ?? (mayBeSecret(issue.path) ? "" : gotten(issue, given));
  return [{ path, message: describe(issue) + received }];
}

/** Paths of secrets in the place of an object. zod takes an instance of a class for an object without keys. */
function misplacedSecrets(value: unknown, { data, error }: z.ZodSafeParseResult<unknown>): Path[] {
  return secretPaths(value, []).filter((path) =>
    error === undefined ? at(data, path) !== at(value, path) : error.issues.some((issue) => isBelow(issue.path, path)),
  );
}

/** No object of the schema is deeper. A table of settings may be, and has rules of its own. */
const deepestObject = 8;

function secretPaths(value: unknown, path: Path): Path[] {
  if (value instanceof Secret) return [path];
  if (typeof value !== "object" || value === null || path.length > deepestObject) return [];
  const entries: [PropertyKey, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, inner]) => secretPaths(inner, [...path, key]));
}

function isBelow(path: Path, whole: Path): boolean {
  return path.length > whole.length && whole.every((segment, index) => segment === path[index]);
}

function unknownKeyMessage(key: string, path: Path): string {
  const later: readonly string[] = path.length === 0 ? notInForce : [];
  const known = knownKeys(path).filter((name) => !later.includes(name));
  const advice = path.length === 0 ? formerInput(key) : undefined;
  if (advice !== undefined) return `is of Coder's module: ${advice}`;
  const suggestion = nearest(key, [...known, ...later]);
  if (suggestion === undefined) return `unknown; allowed here: ${known.join(", ")}`;
  const meant = `unknown; did you mean \`${suggestion}\`?`;
  return later.includes(suggestion) ? `${meant} That is not in force in this release` : meant;
}

function knownKeys(path: Path): readonly string[] {
  let schema: unknown = workspaceSpecSchema;
  for (const segment of path) schema = unwrap(ownValue(shapeOf(schema), String(segment)) ?? valuesOf(schema));
  return Object.keys(shapeOf(schema));
}

function shapeOf(schema: unknown): Record<string, unknown> {
  return (schema as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};
}

/** The schema of what a record or a list holds. */
function valuesOf(schema: unknown): unknown {
  const { valueType, element } = (schema ?? {}) as { valueType?: unknown; element?: unknown };
  return valueType ?? element;
}

function unwrap(schema: unknown): unknown {
  return (schema as { unwrap?: () => unknown } | undefined)?.unwrap?.() ?? schema;
}

const kinds: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a string",
};

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.expected in kinds) return `expected ${kinds[issue.expected] ?? ""}`;
  if (issue.code === "invalid_value") {
    return `expected one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
  }
  return issue.message;
}

/** What we got instead, where that tells more than the message: not for an object with the wrong keys. */
function gotten({ code }: z.core.$ZodIssue, given: unknown): string {
  if (typeof given === "object" && given !== null) {
    const wrongKind = code === "invalid_type" || code === "invalid_value" || code === "invalid_union";
    return wrongKind ? `, got ${Array.isArray(given) ? "a list" : "an object"}` : "";
  }
  return `, got ${typeof given === "string" ? quote(given) : String(given)}`;
}

/** At most 80 characters, and nothing of what could be credentials or the query of a URL. */
function quote(text: string): string {
  const shown = JSON.stringify(text.replace(/^.*:.*@/s, "…@").replace(/\?.*$/s, "?…"));
  return shown.length > 80 ? `${shown.slice(0, 78)}…"` : shown;
}

const mayHoldSecrets: readonly PropertyKey[] = [
  "apiKey",
  "webhooks",
  "token",
  "tokens",
  "env",
  "envVars",
  "bearerTokenEnvVar",
  "httpHeaders",
  "envHttpHeaders",
];

/** What stands where a secret belongs, or could be by mistake, is never shown. */
function mayBeSecret(path: Path): boolean {
  return path.some((segment) => mayHoldSecrets.includes(segment));
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, segment) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[segment] : undefined,
    value,
  );
}

/** As a user writes it: `api.hosts[0]`, `labels."a.b"`; the spec itself is `spec`. */
function printPath(path: Path): string {
  if (path.length === 0) return "spec";
  return path
    .map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${renderKeyPath([String(segment)])}`))
    .join("")
    .replace(/^\./, "");
}

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
