import { type Operation, operations } from "./operations.ts";

/** The result of matching a method and a path against the table of operations. */
export type Found =
  | {
      readonly kind: "operation";
      readonly operation: Operation;
      /** Decoded values of the path's parameters, by their names. */
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: "unknown-path" }
  | {
      readonly kind: "unknown-method";
      readonly allow: readonly string[];
      /** Whether every operation of this path is served without a token. */
      readonly isOpen: boolean;
    };

/**
 * Returns the operation of a method and a path. Fixed segments are compared as they were sent, in their case; a
 * parameter is one segment that is not empty.
 *
 * @param segments - of a checked path, without the empty one before its first slash
 */
export function matchOperation(
  method: string,
  segments: readonly Segment[],
  table: readonly Operation[] = operations,
): Found {
  const there = table.flatMap((operation) => {
    const params = paramsOf(patternOf(operation), segments);
    return params === undefined ? [] : [{ operation, params }];
  });
  const asked = there.find(({ operation }) => operation.method === method || operation.method === "ALL");
  if (asked !== undefined) return { kind: "operation", ...asked };
  if (there.length === 0) return { kind: "unknown-path" };
  const allow = there.map(({ operation }) => operation.method);
  return { kind: "unknown-method", allow, isOpen: there.every(({ operation }) => operation.needs === "nothing") };
}

/** A segment of a path. */
export interface Segment {
  /** As it was sent. */
  readonly raw: string;
  /** Without percent-encoding. */
  readonly decoded: string;
}

/** Segments of each path of the table: every request is compared with every row. */
const patterns = new WeakMap<Operation, readonly string[]>();

function patternOf(operation: Operation): readonly string[] {
  const known = patterns.get(operation);
  if (known !== undefined) return known;
  const pattern = operation.path.slice(1).split("/");
  patterns.set(operation, pattern);
  return pattern;
}

function paramsOf(pattern: readonly string[], segments: readonly Segment[]): Record<string, string> | undefined {
  const hasRest = pattern.at(-1) === "*";
  if (hasRest ? segments.length < pattern.length : segments.length !== pattern.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const given = segments[index] as Segment;
    if (wanted.startsWith("{")) {
      if (given.raw === "") return undefined;
      params[wanted.slice(1, -1)] = given.decoded;
    } else if (hasRest && index === pattern.length - 1) {
      params["rest"] = segments
        .slice(index)
        .map(({ raw }) => raw)
        .join("/");
    } else if (wanted !== given.raw) return undefined;
  }
  return params;
}
