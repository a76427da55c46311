import { changesOf, defaultsOf, isComputed, isZero } from "./changes.ts";
import { type Kind, type Properties, type Resource, resources } from "./resources.ts";
import { refuseAsProvider362 } from "./terraform-faults.ts";
import { type Attribute, type Block, readSchema } from "./terraform-schema.ts";
import { onlyKnown, unknownValue, type Value } from "./terraform-values.ts";
import { toProperties, toPulumiName, toValue } from "./terraform-words.ts";

export interface Plan {
  readonly planned: Value;
  /** Names of the attributes and blocks that replace the resource. */
  readonly replaces: readonly string[];
}

/** What is there after an attempt, and what went wrong with it. */
export interface Applied {
  readonly state: Value | null;
  readonly failure?: Error;
}

/** A kind of resource of the Docker provider in the words of Terraform. */
export class TerraformResource {
  readonly schema: Block;
  readonly #kind: Kind;
  readonly #resource: Resource;

  /** @param folder - of the bindings: `container` */
  constructor(kind: Kind, folder: string) {
    this.schema = readSchema(folder);
    this.#kind = kind;
    this.#resource = resources[kind];
  }

  /** Whether the provider may decide it. @param path - `memory`, `ports.external` */
  isComputed(path: string, use: Attribute["use"]): boolean {
    const names = path.split(".").map(toPulumiName);
    return use === "computed" || path === "id" || isComputed(this.#kind, names.join("."));
  }

  plan(prior: Value | null, config: Value): Plan {
    const asked = { ...config, ...this.#defaults(config) };
    if (prior === null) return { planned: this.#withUnknown(asked, this.schema, ""), replaces: [] };
    const { changed, replaces } = changesOf(this.#kind, this.#properties(prior), this.#properties(asked));
    const isAmong = (names: readonly string[]) => (name: string) => names.includes(toPulumiName(name));
    const names = Object.keys(prior);
    const taken = names.filter(isAmong(changed)).map((name) => [name, asked[name]] as const);
    return { planned: { ...prior, ...Object.fromEntries(taken) }, replaces: names.filter(isAmong(replaces)) };
  }

  async create(planned: Value): Promise<Applied> {
    const known = onlyKnown(planned);
    await refuseAsProvider362(this.#properties(known));
    const { id, failure } = await this.#resource.create(this.#properties(known) as never);
    // What is there and is not as it should be is tainted: the next apply replaces it.
    if (failure !== undefined) return { state: { ...known, id }, failure };
    return { state: await this.read({ ...known, id }) };
  }

  async update(prior: Value, planned: Value): Promise<Applied> {
    const known = onlyKnown(planned);
    const properties = this.#properties(known);
    const { changed } = changesOf(this.#kind, this.#properties(prior), properties);
    await this.#resource.update(String(prior["id"]), properties as never, changed);
    return { state: known };
  }

  /** `null` where it is gone. A container that should run and does not is removed, so that the next apply creates it. */
  async read(state: Value): Promise<Value | null> {
    const found = await this.#resource.read(String(state["id"]), this.#properties(state) as never);
    if (found?.["mustRun"] === false && state["must_run"] !== false) {
      await this.delete(state);
      return null;
    }
    return found === undefined ? null : this.#described(state, found);
  }

  async delete(state: Value): Promise<void> {
    await this.#resource.delete(String(state["id"]), this.#properties(state) as never);
  }

  /** What is known of one that was not made here. */
  imported(id: string): Value {
    return { ...toValue(this.schema, {}), id };
  }

  #properties(value: Value): Properties {
    const { id: _, ...properties } = toProperties(this.schema, value);
    return properties;
  }

  /** What the engine says, for the names that it says something of; nothing given and nothing said are the same. */
  #described(state: Value, found: Properties): Value {
    const said = Object.entries(toValue(this.schema, found)).filter(
      ([name, value]) => toPulumiName(name) in found && !(isZero(value) && isZero(state[name])),
    );
    return { ...state, ...Object.fromEntries(said) };
  }

  #defaults(config: Value): Value {
    const defaults = defaultsOf(this.#kind);
    const names = Object.keys(this.schema.attributes).filter((name) => config[name] === null);
    return Object.fromEntries(names.map((name) => [name, defaults[toPulumiName(name)] ?? null]));
  }

  /** What the engine decides is known after apply. */
  #withUnknown(asked: Value, { attributes, blocks }: Block, parents: string): Value {
    const isLater = ([name, { use }]: [string, Attribute]) =>
      asked[name] === null && this.isComputed(parents + name, use);
    const later = Object.entries(attributes).filter(isLater);
    const inner = Object.entries(blocks).map(([name, { block }]) => {
      const items = asked[name];
      const isKnown = Array.isArray(items);
      return [name, isKnown ? items.map((item: Value) => this.#withUnknown(item, block, `${name}.`)) : items] as const;
    });
    return {
      ...asked,
      ...Object.fromEntries(later.map(([name]) => [name, unknownValue])),
      ...Object.fromEntries(inner),
    };
  }
}
