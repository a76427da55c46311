import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** What a property's type names of the package's own input types, if anything. */
type Properties = ReadonlyMap<string, string | undefined>;

const root = dirname(createRequire(import.meta.url).resolve("@pulumi/docker/package.json"));
const inputTypes = interfacesOf("types/input.d.ts");

/** The properties of a resource that the published @pulumi/docker has no word for, by their paths. */
export function unknownProperties(resource: string, value: unknown): string[] {
  const file = `${resource.charAt(0).toLowerCase()}${resource.slice(1)}.d.ts`;
  const args = interfacesOf(file).get(`${resource}Args`);
  if (args === undefined) throw new Error(`@pulumi/docker has no ${resource}`);
  return unknownIn(args, value, "");
}

function unknownIn(known: Properties, value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownIn(known, item, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === "" ? name : `${path}.${name}`;
    // What Pulumi itself adds.
    if (name.startsWith("__")) return [];
    if (!known.has(name)) return [at];
    const nested = inputTypes.get(known.get(name) ?? "");
    return nested === undefined ? [] : unknownIn(nested, inner, at);
  });
}

/** Of generated code: a compiler would read it too, and each `up` would wait for that. */
function interfacesOf(file: string): ReadonlyMap<string, Properties> {
  const interfaces = readFileSync(join(root, file), "utf8").matchAll(/^export interface (\w+) \{\n(.*?)^\}/gms);
  return new Map(Array.from(interfaces, ([, name = "", body = ""]) => [name, propertiesOf(body)]));
}

function propertiesOf(body: string): Properties {
  const members = body.matchAll(/^ {4}(\w+)\??: (.*)/gm);
  return new Map(Array.from(members, ([, name = "", type = ""]) => [name, /inputs\.(\w+)/.exec(type)?.[1]]));
}
