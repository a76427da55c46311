import type { z } from "zod";
import { type Problem, WorkspaceError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { workspaceSpecSchema } from "./schema.ts";
import type { WorkspaceSpec } from "./workspace-spec.ts";

/** Inputs that users of the module we replace know, and that this release does not act on. */
const notInForce = new Set([
  "agents",
  "baseConfigToml",
  "continue",
  "enforce",
  "env",
  "features",
  "fullAuto",
  "grants",
  "installCodex",
  "mcpServers",
  "modelReasoningEffort",
  "network",
  "notify",
  "openaiApiKey",
  "personality",
  "postInstallScript",
  "preInstallScript",
  "profiles",
  "resources",
  "reviewModel",
  "serviceTier",
  "shellEnvironmentPolicy",
  "statePersistence",
  "webhooks",
  "writableRoots",
]);

/**
 * A value of unknown shape as a spec.
 *
 * @throws WorkspaceError `SPEC_INVALID` with every problem at once, each with its path; `SPEC_NOT_IN_FORCE` when the
 * only problems are inputs that this release knows but does not act on.
 */
export function parseSpec(value: unknown): WorkspaceSpec {
  const result = workspaceSpecSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => toProblems(issue, value));
  const early = problems.filter((problem) => notInForce.has(problem.path));
  if (early.length === problems.length) {
    throw new WorkspaceError(`this release does not act on ${list(early.map((problem) => problem.path))} yet`, {
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
  if (issue.code === "invalid_union") {
    return [{ path: printPath(issue.path), message: issue.message }];
  }
  const given = at(value, issue.path);
  const shown = given === undefined ? "" : `, got ${show(given)}`;
  return [{ path: printPath(issue.path), message: `${describe(issue)}${shown}` }];
}

function unknownKeyMessage(key: string, path: readonly PropertyKey[]): string {
  if (path.length === 0 && notInForce.has(key)) return "known, but not in force in this release";
  const known = knownKeys(path);
  const suggestion = nearest(key, known);
  return suggestion === undefined
    ? `unknown; allowed here: ${known.join(", ")}`
    : `unknown; did you mean \`${suggestion}\`?`;
}

function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = workspaceSpecSchema;
  for (const segment of path) schema = unwrap(shapeOf(schema)[String(segment)]);
  return Object.keys(shapeOf(schema));
}

function shapeOf(schema: unknown): Record<string, unknown> {
  return (schema as { shape?: Record<string, unknown> } | undefined)?.shape ?? {};
}

function unwrap(schema: unknown): unknown {
  return (schema as { unwrap?: () => unknown } | undefined)?.unwrap?.() ?? schema;
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `expected ${issue.expected}`;
  if (issue.code === "invalid_value")
    return `expected ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
  return issue.message;
}

/** A value for a message; what stands where a secret belongs is never shown. */
function show(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return Array.isArray(value) ? "a list" : typeof value;
  const text = JSON.stringify(value.replace(/\/\/[^/@]*@/, "//…@"));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  const isSecret = path.some((segment) => segment === "apiKey" || segment === "token");
  if (isSecret) return undefined;
  return path.reduce<unknown>(
    (inner, segment) =>
      typeof inner === "object" && inner !== null ? (inner as Record<PropertyKey, unknown>)[segment] : undefined,
    value,
  );
}

function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((segment) => (typeof segment === "number" ? `[${segment}]` : `.${String(segment)}`))
    .join("")
    .replace(/^\./, "");
}

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
