import type { WorkspaceSpec } from "../spec/workspace-spec.ts";
import { type AskContext, type Declarations, declarations } from "./declarations.ts";
import { shown } from "./shown.ts";

/** One thing that a spec asks for beyond the defaults. */
export interface Ask {
  /** The input, as a user writes it: `modelProvider.baseUrl`. */
  readonly path: string;
  /** A sentence without its subject, the spec: "mounts /home/u read-write at /workspace". */
  readonly words: string;
}

/** Returns what a spec asks for beyond the defaults. An input that {@link declarations} does not know asks, too. */
export function asksOf(spec: WorkspaceSpec, context: AskContext): Ask[] {
  return asksBelow(spec, declarations, "", { ...context, spec });
}

/** Exported for the test of an input without a declaration. */
export function asksBelow(
  value: unknown,
  declared: unknown,
  path: string,
  context: AskContext & { readonly spec: WorkspaceSpec },
): Ask[] {
  if (value === undefined || declared === "safe") return [];
  if (typeof declared === "function") {
    const words = (declared as Extract<Declarations<unknown>, (...args: never) => unknown>)(value, context);
    return [words ?? []].flat().map((sentence) => ({ path, words: sentence }));
  }
  if (isPlainObject(declared) && isPlainObject(value)) {
    return Object.entries(value).flatMap(([key, below]) =>
      asksBelow(
        below,
        Object.hasOwn(declared, key) ? declared[key] : undefined,
        path === "" ? key : `${path}.${key}`,
        context,
      ),
    );
  }
  return [{ path, words: `sets \`${path}\` to ${shown(value)}` }];
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
