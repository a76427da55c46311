import { isDeepStrictEqual } from "node:util";

/** By the path of a property, such as `HostConfig.PidsLimit`: what one value has there, and what the other. */
export type Differences = Readonly<Record<string, readonly [one: unknown, other: unknown]>>;

/** Lists in which the order counts. Docker takes every other one as a set. */
const ordered = ["Args", "Cmd", "Entrypoint", "Test"];

/** Where descriptions of a thing in the words of the Engine API differ. What is empty is the same as what is not there. */
export function differencesOf(one: unknown, other: unknown): Differences {
  return compare("", toCanonical(one), toCanonical(other));
}

function compare(path: string, one: unknown, other: unknown): Differences {
  if (isDeepStrictEqual(one, other)) return {};
  if (!isObject(one) || !isObject(other) || !isComparable(one, other)) return { [path]: [one, other] };
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const inner = names.map((name) => {
    const here = Array.isArray(one) ? path : path === "" ? name : `${path}.${name}`;
    return compare(here, one[name], other[name]);
  });
  return Object.assign({}, ...inner) as Differences;
}

/** Lists of as many objects are told apart by what those have; any other list is told apart as a whole. */
function isComparable(one: object, other: object): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Array.isArray(one) === Array.isArray(other);
  return one.length === other.length && one.every(isObject) && other.every(isObject);
}

function toCanonical(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => toCanonical(item));
    return ordered.includes(name) ? items : items.sort((one, other) => (toJson(one) < toJson(other) ? -1 : 1));
  }
  if (!isObject(value)) return value;
  const parts = Object.keys(value)
    .sort()
    .map((key) => [key, toCanonical(value[key], key)] as const);
  return Object.fromEntries(parts.filter(([, inner]) => !isEmpty(inner)));
}

function isEmpty(value: unknown): boolean {
  if (isObject(value)) return Object.keys(value).length === 0;
  return [undefined, null, "", 0, false].includes(value as null);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function toJson(value: unknown): string {
  return JSON.stringify(value);
}
