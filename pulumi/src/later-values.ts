import { renderKeyPath, Secret } from "@codex-workspace/core";
import * as pulumi from "@pulumi/pulumi";

/** Marks what was a secret output on its way through Pulumi's own unwrapping, which leaves only plain objects whole. */
const secretMark = "codex-workspace:secret";

/**
 * Args, once all of their parts have come. Of a secret output they have a `Secret`: it is taken where the spec takes one and
 * refused elsewhere, so that what is made of all of them is not secret as a whole.
 */
export function settle(args: object): pulumi.Output<object> {
  const whole = pulumi.output(mapLater(args, "", markSecret)) as pulumi.Output<unknown>;
  return whole.apply((settled) => unmark(settled) as object);
}

/** Args with a secret in the place of each part that comes later, and the paths of those. */
export function standIn(args: object): { readonly value: object; readonly later: readonly string[] } {
  const later: string[] = [];
  const value = mapLater(args, "", (_, path) => new Secret(`later-${later.push(path)}`)) as object;
  return { value, later };
}

function mapLater(value: unknown, path: string, replace: (later: unknown, path: string) => unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return replace(value, path);
  if (Array.isArray(value)) return value.map((item, index) => mapLater(item, `${path}[${index}]`, replace));
  return mapObject(value, (inner, key) =>
    mapLater(inner, path + (path === "" ? "" : ".") + renderKeyPath([key]), replace),
  );
}

function markSecret(later: unknown): pulumi.Output<unknown> {
  const output = pulumi.output(later);
  return pulumi
    .all([pulumi.unsecret(output), pulumi.isSecret(output)])
    .apply(([value, isSecret]) => (isSecret ? markWhole(value) : value));
}

/** Of a list or an object that is secret as a whole, every string is: a number or a flag in it is no secret by itself. */
function markWhole(value: unknown): unknown {
  return typeof value === "object" ? markStrings(value) : { [secretMark]: value };
}

function markStrings(value: unknown): unknown {
  if (typeof value === "string") return { [secretMark]: value };
  return Array.isArray(value) ? value.map(markStrings) : mapObject(value, markStrings);
}

function unmark(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value === "object" && value !== null && secretMark in value) return new Secret(String(value[secretMark]));
  return mapObject(value, unmark);
}

function mapObject(value: unknown, map: (inner: unknown, key: string) => unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(inner, key)]));
}
