import type { TokenScope } from "@codex-workspace/core";
import type { Caller, Stranger } from "./caller.ts";
import type { Found } from "./match.ts";
import type { Need, Operation } from "./operations.ts";

export type Decision =
  | { readonly kind: "allowed"; readonly operation: Operation; readonly params: Readonly<Record<string, string>> }
  /** No operation has this path. */
  | { readonly kind: "unknown-path" }
  /** The operations of this path have other methods. */
  | { readonly kind: "unknown-method"; readonly allow: readonly string[] }
  | { readonly kind: "no-caller"; readonly because: Stranger }
  /** One of these would do. */
  | { readonly kind: "scope-missing"; readonly needs: readonly TokenScope[] };

/** Decides about a request that was matched. A path is told to be unknown only to a known caller. */
export function authorize(found: Found, caller: Caller | Stranger): Decision {
  if (found.kind === "operation") {
    const { operation, params } = found;
    if (mayDo(operation, caller)) return { kind: "allowed", operation, params };
    if (typeof caller !== "string") return { kind: "scope-missing", needs: scopesOf(operation.needs) };
  }
  const isOpen = found.kind === "unknown-method" && found.isOpen;
  if (typeof caller === "string" && !isOpen) return { kind: "no-caller", because: caller };
  return found.kind === "unknown-method" ? { kind: found.kind, allow: found.allow } : { kind: "unknown-path" };
}

/** Returns whether a caller may run an operation; without a variant, one that is allowed is enough. */
export function mayDo({ needs }: Operation, caller: Caller | Stranger, variant?: string): boolean {
  if (needs === "nothing") return true;
  if (typeof caller === "string") return false;
  return needs === "any token" || scopesOf(needs, variant).some((scope) => caller.scopes.includes(scope));
}

/** Returns the scopes of which an operation, or one variant of it, needs one. */
export function scopesOf(needs: Need, variant?: string): readonly TokenScope[] {
  if (needs === "nothing" || needs === "any token") return [];
  if (typeof needs === "string") return [needs];
  const scope = variant !== undefined && Object.hasOwn(needs, variant) ? needs[variant] : undefined;
  return scope === undefined ? Object.values(needs) : [scope];
}
