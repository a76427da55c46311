import type { TokenScope } from "@codex-workspace/core";
import type { Caller, Stranger } from "./caller.ts";
import { type Need, type Operation, operations } from "./operations.ts";

export interface AccessRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  /** Whether the request asks for a WebSocket. */
  readonly isUpgrade: boolean;
  /** Where the operation has several, which one; before that is known, one that is allowed is enough. */
  readonly variant?: string | undefined;
}

export type Decision =
  | { readonly kind: "allowed"; readonly operation: Operation }
  /** No operation has this path. */
  | { readonly kind: "unknown-path" }
  /** Those of this path have other methods. */
  | { readonly kind: "unknown-method"; readonly allow: readonly string[] }
  | { readonly kind: "no-caller"; readonly because: Stranger }
  /** One of these would do. */
  | { readonly kind: "scope-missing"; readonly needs: readonly TokenScope[] };

/** Whether somebody may do what a request asks for. Nobody is told what there is before they are somebody. */
export function authorize(
  { method, path, isUpgrade, variant }: AccessRequest,
  caller: Caller | Stranger,
  table: readonly Operation[] = operations,
): Decision {
  const there = operationsAt({ path, isUpgrade }, table);
  const asked = there.find(({ operation }) => [method, "ALL"].includes(methodOf(operation)));
  if (asked?.needs === "nothing") return { kind: "allowed", operation: asked };
  const isOpen = there.length > 0 && there.every(({ needs }) => needs === "nothing");
  if (typeof caller === "string" && !isOpen) return { kind: "no-caller", because: caller };
  if (there.length === 0) return { kind: "unknown-path" };
  if (asked === undefined) {
    return { kind: "unknown-method", allow: there.map(({ operation }) => methodOf(operation)) };
  }
  if (mayDo(asked, caller, variant)) return { kind: "allowed", operation: asked };
  return { kind: "scope-missing", needs: scopesOf(asked.needs, variant) };
}

/** Whether the answer to a request would stay open. */
export function wouldStay(request: AccessRequest): boolean {
  return operationsAt(request, operations).some(
    ({ operation, stays }) => stays !== undefined && methodOf(operation) === request.method,
  );
}

/** Whether somebody may do an operation that is there. */
export function mayDo({ needs }: Operation, caller: Caller | Stranger, variant?: string): boolean {
  if (needs === "nothing") return true;
  if (typeof caller === "string") return false;
  return needs === "any token" || scopesOf(needs, variant).some((scope) => caller.scopes.includes(scope));
}

function operationsAt(
  { path, isUpgrade }: Pick<AccessRequest, "path" | "isUpgrade">,
  table: readonly Operation[],
): readonly Operation[] {
  const given = path.split("/");
  return table.filter((row) => (row.stays === "socket" || !isUpgrade) && pathMatches(segmentsOf(row), given));
}

function scopesOf(needs: Need, variant: string | undefined): readonly TokenScope[] {
  if (needs === "nothing" || needs === "any token") return [];
  if (typeof needs === "string") return [needs];
  const scope = variant === undefined ? undefined : needs[variant];
  return scope === undefined ? Object.values(needs) : [scope];
}

function methodOf(operation: string): string {
  return operation.slice(0, operation.indexOf(" "));
}

/** Every request is held against every row. */
const segments = new WeakMap<Operation, readonly string[]>();

function segmentsOf(row: Operation): readonly string[] {
  const known = segments.get(row);
  if (known !== undefined) return known;
  const wanted = row.operation.slice(row.operation.indexOf(" ") + 1).split("/");
  segments.set(row, wanted);
  return wanted;
}

function pathMatches(wanted: readonly string[], given: readonly string[]): boolean {
  const isBelow = wanted.at(-1) === "*";
  if (isBelow ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, index) => {
    if (segment.startsWith("{")) return given[index] !== "";
    return segment === given[index] || (segment === "*" && isBelow);
  });
}
