import type { Properties } from "./resources.ts";
import type { Block } from "./terraform-schema.ts";
import type { Value } from "./terraform-values.ts";

/** Where Pulumi has the plural. The other names differ by their case alone. */
const plurals: Readonly<Record<string, string>> = {
  add: "adds",
  drop: "drops",
  entrypoint: "entrypoints",
  env: "envs",
  test: "tests",
  upload: "uploads",
};

/** What a name of Terraform is called in the words of @pulumi/docker. */
export function toPulumiName(name: string): string {
  return plurals[name] ?? name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** A value of a block in the words of @pulumi/docker: without what is not set, a block that can be there once as an object. */
export function toProperties({ attributes, blocks }: Block, value: Value): Properties {
  const set: [string, unknown][] = Object.keys(attributes).map((name) => [toPulumiName(name), value[name]]);
  for (const [name, { nesting, isOne, block }] of Object.entries(blocks)) {
    const found = value[name];
    if (nesting === "single" || !Array.isArray(found)) continue;
    const items = (found as Value[]).map((item) => toProperties(block, item));
    set.push([toPulumiName(name), isOne ? items[0] : items]);
  }
  return Object.fromEntries(set.filter(([, inner]) => inner !== undefined && inner !== null));
}

/** The same back, with all that a value of the block has: `null` for what is not set. */
export function toValue({ attributes, blocks }: Block, properties: Properties): Value {
  const set: [string, unknown][] = Object.keys(attributes).map((name) => [
    name,
    properties[toPulumiName(name)] ?? null,
  ]);
  for (const [name, { nesting, isOne, block }] of Object.entries(blocks)) {
    const found = properties[toPulumiName(name)];
    const items = (isOne && found !== undefined ? [found] : (found ?? [])) as Properties[];
    set.push([name, nesting === "single" ? null : items.map((item) => toValue(block, item))]);
  }
  return Object.fromEntries(set);
}
