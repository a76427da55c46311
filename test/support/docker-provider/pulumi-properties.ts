import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

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

function interfacesOf(file: string): ReadonlyMap<string, Properties> {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
  return new Map(
    source.statements
      .filter((statement) => ts.isInterfaceDeclaration(statement))
      .map(({ name, members }) => [name.text, new Map(members.map((member) => propertyOf(member, source)))]),
  );
}

function propertyOf(member: ts.TypeElement, source: ts.SourceFile): [string, string | undefined] {
  const type = /inputs\.(\w+)/.exec(member.getText(source))?.[1];
  return [member.name?.getText(source) ?? "", type];
}
