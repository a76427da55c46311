import type * as z from "zod";

/** Bounds of a JSON value. An absent bound does not apply. */
export interface JsonBounds {
  /** Levels of nested objects and arrays. */
  readonly levels: number;
  /** Objects, arrays, strings, numbers, booleans and nulls together. */
  readonly values?: number;
  /** Characters of all keys and strings together. */
  readonly characters?: number;
  /** `true`: a key `a.b` counts as two levels, as Codex reads keys of config.toml. */
  readonly dottedKeys?: boolean;
  /** `true`: numbers that JSON does not have are accepted, as TOML has them. */
  readonly anyNumber?: boolean;
}

/**
 * Bounds of JSON from a client that travels on to Codex. Codex's JSON reader rejects a frame of more than 127 levels
 * without an answer, and a dotted key of 10,000 parts ends app-server (observed on 0.171).
 */
export const clientJsonBounds: JsonBounds = { levels: 64, values: 20_000, characters: 1_000_000 };

/**
 * Bounds of settings for config.toml. Codex does not start with a config.toml of more than 80 levels, in whatever spelling,
 * and an input can be two levels below its root (observed on 0.140 to 0.169).
 */
export const settingsBounds: JsonBounds = { ...clientJsonBounds, dottedKeys: true };

/** Part of a JSON value that Codex cannot read, or that exceeds a bound. */
export interface JsonFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Codex's JSON reader gives these keys a meaning of its own and can reject the whole frame (serde_json). */
const reservedKeyPrefix = "$serde_json::private::";

/** Whole numbers from here on are out of range for Codex, up to where JSON spells them with an exponent. */
const [firstLargeInteger, firstExponent] = [2 ** 63, 1e21];

/** Returns the first fault of a value, or nothing. Its depth costs no stack. */
export function jsonFault(root: unknown, bounds: JsonBounds): JsonFault | undefined {
  const { levels, values = Infinity, characters = Infinity, dottedKeys = false, anyNumber = false } = bounds;
  const open: Place[] = [{ value: root, level: 0, key: undefined, parent: undefined }];
  let [seenValues, seenCharacters] = [0, 0];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value } = place;
    const fault = (message: string): JsonFault => ({ path: pathOf(place), message });
    seenValues += 1;
    if (seenValues > values) return fault(`expected at most ${values} values`);
    if (typeof value === "string") {
      if (!value.isWellFormed()) return fault("expected whole Unicode characters, received half a surrogate pair");
      seenCharacters += value.length;
    }
    if (typeof value === "number" && !anyNumber) {
      if (!Number.isFinite(value)) return fault("expected a number of JSON, received one that is out of range");
      if (Math.abs(value) >= firstLargeInteger && Math.abs(value) < firstExponent)
        return fault(`expected an integer of 64 bits, received ${value}`);
    }
    const isContainer = typeof value === "object" && value !== null;
    if (place.level + (isContainer ? 1 : 0) > levels) return fault(`expected at most ${levels} levels of nesting`);
    const entries = !isContainer ? [] : Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [key, inner] of entries.reverse()) {
      let parts = 1;
      if (typeof key === "string") {
        if (!key.isWellFormed()) return fault(`expected keys of whole Unicode characters, received ${spelled(key)}`);
        if (key.startsWith(reservedKeyPrefix)) return fault(`expected no key ${reservedKeyPrefix}…`);
        seenCharacters += key.length;
        if (dottedKeys) parts = key.split(".").length;
      }
      open.push({ value: inner, level: place.level + parts, key, parent: place });
    }
    if (seenCharacters > characters) return fault(`expected at most ${characters} characters`);
  }
  return undefined;
}

/** Returns the refinement of a zod schema whose value has to be within the bounds. */
export function within(bounds: JsonBounds) {
  return (value: unknown, context: z.RefinementCtx): void => {
    const fault = jsonFault(value, bounds);
    if (fault !== undefined) context.addIssue({ code: "custom", message: describeFault(fault) });
  };
}

/** Returns what is wrong and where, in a few words. */
export function describeFault({ message, path }: JsonFault): string {
  return path.length === 0 ? message : `${message} at ${shortened(path)}`;
}

interface Place {
  readonly value: unknown;
  readonly level: number;
  readonly key: string | number | undefined;
  readonly parent: Place | undefined;
}

function pathOf(place: Place): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at?.key !== undefined; at = at.parent) path.unshift(at.key);
  return path;
}

const shownParts = 4;

/** The path's first parts, each as JSON so that half a surrogate pair can be shown. */
function shortened(path: readonly (string | number)[]): string {
  const parts = path.slice(0, shownParts).map((key) => (typeof key === "number" ? String(key) : spelled(key)));
  return `${parts.join(".")}${path.length > shownParts ? " …" : ""}`;
}

function spelled(key: string): string {
  return JSON.stringify(key.slice(0, 40));
}
