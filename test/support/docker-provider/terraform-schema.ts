import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A type as Terraform writes it: `"string"`, `["set", "string"]`. */
export type Type = "string" | "number" | "bool" | readonly ["list" | "set" | "map", Type] | readonly ["object", Types];
type Types = Readonly<Record<string, unknown>>;

export interface Attribute {
  readonly type: Type;
  readonly use: "required" | "optional" | "computed";
}

export interface NestedBlock {
  readonly nesting: "list" | "set" | "single";
  /** Of a list or set. */
  readonly isOne: boolean;
  readonly block: Block;
}

/** What a block of the configuration may have. */
export interface Block {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly blocks: Readonly<Record<string, NestedBlock>>;
}

const lib = dirname(createRequire(import.meta.url).resolve("@cdktf/provider-docker"));

/**
 * The schema of a resource, or of the provider itself, as the published bindings know it: they are generated of the real one.
 * @param name - a folder of the bindings: `container`
 */
export function readSchema(name: string): Block {
  const code = readFileSync(join(lib, name, "index.js"), "utf8");
  const types = readFileSync(join(lib, name, "index.d.ts"), "utf8");
  const [, className = ""] = /class (\w+) extends cdktf\.Terraform(?:Resource|Provider) /.exec(code) ?? [];
  const block = toBlock(
    between(code, "    synthesizeHclAttributes() {", "\n    }\n"),
    `${className}Config`,
    code,
    types,
  );
  return { ...block, attributes: { ...block.attributes, ...computedOnly(code) } };
}

/** Of code like `command: { value: …(cdktf.stringToHclTerraform…, isBlock: false, type: "list", storageClassType: "stringList", }` */
function toBlock(literal: string, interfaceName: string, code: string, types: string): Block {
  const required = requiredOf(interfaceName, types);
  const attributes: Record<string, Attribute> = {};
  const blocks: Record<string, NestedBlock> = {};
  const entry = /(\w+): \{\s+value: (.*),\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)",/g;
  for (const [, name = "", value = "", isBlock, kind = "", storage = ""] of literal.matchAll(entry)) {
    if (isBlock === "false") {
      const use = required.has(name) ? "required" : "optional";
      attributes[name] = { type: toType(kind, storage), use };
      continue;
    }
    const [, struct = ""] = /(\w+)ToHclTerraform/.exec(value.replaceAll("cdktf.", "")) ?? [];
    const inner = between(code, `function ${struct}ToHclTerraform(struct) {`, "\n}\n");
    const block = toBlock(inner, `${struct.charAt(0).toUpperCase()}${struct.slice(1)}`, code, types);
    const nesting = kind === "struct" ? "single" : kind === "set" ? "set" : "list";
    blocks[name] = { nesting, isOne: !value.includes("listMapper"), block };
  }
  return { attributes, blocks };
}

/** By the names that the links to the provider's documentation have: those of TypeScript differ. */
function requiredOf(interfaceName: string, types: string): Set<string> {
  const body = between(types, `export interface ${interfaceName} `, "\n}\n");
  return new Set([...body.matchAll(/#(\w+)\}\s+\*\/\s+readonly \w+: /g)].map(([, name = ""]) => name));
}

function computedOnly(code: string): Record<string, Attribute> {
  const computed: Record<string, Attribute> = {};
  const ownFrom = code.indexOf("terraformResourceType: ");
  const getter =
    /\/\/ (\w+) - computed: true, optional: false, .*\n\s+get \w+\(\) \{\s+return this\.get(\w+)Attribute/g;
  for (const { 1: name = "", 2: kind = "", index } of code.matchAll(getter)) {
    if (index > ownFrom) computed[name] = { type: primitive(kind.toLowerCase()), use: "computed" };
  }
  const list = /\/\/ (\w+) - computed: true, .*\n\s+this\.\w+ = new (\w+)List\(/.exec(code);
  if (list !== null) {
    const [, name = "", struct = ""] = list;
    const body = between(code, `class ${struct}OutputReference `, "\n}\n");
    const fields = [...body.matchAll(getter)].map(([, field = "", kind = ""]) => [
      field,
      primitive(kind.toLowerCase()),
    ]);
    computed[name] = {
      type: ["list", ["object", Object.fromEntries(fields) as Types] as unknown as Type],
      use: "computed",
    };
  }
  return computed;
}

/** `list` of `stringList` is a list of strings. */
function toType(kind: string, storage: string): Type {
  const element = primitive(storage.replace(/(List|Map)$/, ""));
  return kind === "list" || kind === "set" || kind === "map" ? [kind, element] : element;
}

function primitive(name: string): "string" | "number" | "bool" {
  if (name === "string" || name === "number") return name;
  if (name === "boolean") return "bool";
  throw new Error(`the bindings have a type ${name}`);
}

function between(text: string, begin: string, end: string): string {
  const from = text.indexOf(begin);
  if (from === -1) throw new Error(`the bindings have no \`${begin}\``);
  return text.slice(from, text.indexOf(end, from));
}
