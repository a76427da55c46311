/**
 * Stands in for the Docker provider of Pulumi, which is on no registry as a program: it speaks the real protocol, drives the
 * real engine, and refuses what the published SDK has no word for.
 */
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import { type Resource, resources } from "./engine.ts";
import { unknownProperties } from "./published-properties.ts";

type Properties = Readonly<Record<string, unknown>>;

/** How Pulumi marks a secret on the wire. */
const secretKey = "4dabf18193072939515e22adb298388d";

/** Changes that the real provider makes in place, and those it takes and does nothing about. */
const inPlace: Readonly<Record<string, readonly string[]>> = {
  Container: [
    ...["restart", "maxRetryCount", "cpuShares", "cpuSet", "memory", "memoryReservation", "memorySwap"],
    ...["healthcheck", "tmpfs", "init", "wait", "waitTimeout", "mustRun", "destroyGraceSeconds", "stopTimeout"],
  ],
  RemoteImage: ["build", "keepLocally", "forceRemove"],
};

const provider: Provider = {
  version: "5.2.0",
  check: (urn, _olds, news: Properties) => {
    const unknown = unknownProperties(kindOf(urn), reveal(news));
    const failures = unknown.map((property) => ({ property, reason: "the published provider has no such property" }));
    return Promise.resolve({ inputs: news, failures });
  },
  diff: (_id, urn, olds: Properties, news: Properties) => {
    const changed = changedNames(reveal(olds) as Properties, reveal(news) as Properties);
    const replaces = changed.filter((name) => inPlace[kindOf(urn)]?.includes(name) !== true);
    return Promise.resolve({ changes: changed.length > 0, replaces, deleteBeforeReplace: true });
  },
  create: async (urn, inputs: Properties) => {
    const { id, computed } = await resourceOf(urn).create(reveal(inputs) as never);
    return { id, outs: { ...inputs, ...computed, [inputNames]: Object.keys(inputs) } };
  },
  read: async (id, urn, props: unknown) => ((await resourceOf(urn).exists(id)) ? { id, props } : { id: "", props: {} }),
  update: (_id, _urn, olds: Properties, news: Properties) =>
    Promise.resolve({ outs: { ...olds, ...news, [inputNames]: Object.keys(news) } }),
  delete: (id, urn, props: unknown) => resourceOf(urn).delete(id, reveal(props) as never),
};

/** In a state: which of the properties were given, and not computed. */
const inputNames = "__inputs";

function changedNames(olds: Properties, news: Properties): string[] {
  const before = (olds[inputNames] ?? []) as readonly string[];
  return [...new Set([...before, ...Object.keys(news)])].filter(
    (name) => !name.startsWith("__") && !isSame(name, before.includes(name) ? olds[name] : undefined, news[name]),
  );
}

/** As the provider compares: most lists are sets, and the port that is left out is the engine's to choose. */
function isSame(name: string, old: unknown, value: unknown): boolean {
  return canonical(name === "ports" ? withoutComputed(old, value) : old) === canonical(value);
}

function withoutComputed(old: unknown, value: unknown): unknown {
  if (Array.isArray(old) && Array.isArray(value) && old.length === value.length) {
    return old.map((item, index) => withoutComputed(item, value[index]));
  }
  if (typeof old !== "object" || old === null || typeof value !== "object" || value === null) return old;
  return Object.fromEntries(Object.entries(old).filter(([name]) => name in value));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (value === undefined) return "";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${name}:${canonical((value as Properties)[name])}`).join()}}`;
}

/** Without the marks of secrets. */
function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return reveal((value as Properties)["value"]);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reveal(inner)]));
}

/** `urn:pulumi:STACK::PROJECT::PARENT$docker:index/container:Container::NAME` is a Container. */
function kindOf(urn: string): string {
  return urn.split("::").at(-2)?.split(":").at(-1) ?? "";
}

function resourceOf(urn: string): Resource {
  const resource = resources[kindOf(urn)];
  if (resource === undefined) throw new Error(`the stand-in has no ${kindOf(urn)}`);
  return resource;
}

await main(provider, process.argv.slice(2));
