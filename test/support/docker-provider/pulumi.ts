/**
 * Stands in for the Docker provider of Pulumi, which is on no registry as a program: it speaks the real protocol, drives the
 * real engine, and refuses what the published SDK has no word for.
 */
import type { GetLogsArgs } from "@pulumi/docker";
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import { changesOf } from "./changes.ts";
import { readLogs } from "./container-logs.ts";
import { requireEngine } from "./engine.ts";
import { unknownProperties } from "./pulumi-properties.ts";
import { type Kind, type Properties, type Resource, resources } from "./resources.ts";

/** How Pulumi marks a secret on the wire. */
const secretKey = "4dabf18193072939515e22adb298388d";

const provider: Provider = {
  version: "5.2.0",
  check: async (urn, _olds, news: Properties) => {
    // The real provider fails in `Configure`, which the SDK's server does not hand over.
    await requireEngine();
    const unknown = unknownProperties(kindOf(urn), reveal(news));
    const failures = unknown.map((property) => ({ property, reason: "the published provider has no such property" }));
    return { inputs: news, failures };
  },
  diff: (_id, urn, olds: Properties, news: Properties) => {
    const { changed, replaces } = changesOf(kindOf(urn), reveal(olds) as Properties, reveal(news) as Properties);
    const halfMade = isHalfMade(urn, olds) ? ["hostname"] : [];
    return Promise.resolve({
      changes: changed.length + halfMade.length > 0,
      replaces: [...replaces, ...halfMade],
      deleteBeforeReplace: true,
    });
  },
  create: async (urn, inputs: Properties) => {
    const args = reveal(inputs) as never;
    const { id, failure } = await resourceOf(urn).create(args);
    // With these, the resource stays in the state, and the next `up` updates it.
    if (failure !== undefined) throw Object.assign(failure, { id, properties: inputs, reasons: [failure.message] });
    const found = await resourceOf(urn).read(id, args);
    if (found === undefined) throw new Error(`${id} was removed while it was created`);
    return { id, outs: { ...inputs, ...found, ...ignored(urn, inputs) } };
  },
  read: async (id, urn, props: Properties) => {
    const found = await resourceOf(urn).read(id, reveal(props) as never);
    return found === undefined ? { id: "", props: {} } : { id, props: { ...props, ...found } };
  },
  update: async (id, urn, olds: Properties, news: Properties) => {
    const args = reveal(news) as Properties;
    const { changed } = changesOf(kindOf(urn), reveal(olds) as Properties, args);
    await resourceOf(urn).update(id, args as never, changed);
    const kept = Object.entries(olds).filter(([name]) => !changed.includes(name));
    return { outs: { ...Object.fromEntries(kept), ...news } };
  },
  delete: async (id, urn, props: unknown) => {
    await requireEngine();
    await resourceOf(urn).delete(id, reveal(props) as never);
  },
  invoke: async (token, args: GetLogsArgs) => {
    if (token !== "docker:index/getLogs:getLogs") throw new Error(`the stand-in has no ${token}`);
    return { outputs: await readLogs(args) };
  },
};

/**
 * The real provider is told what a program ignores, and does not compare it: the labels of a volume or network that was there
 * already. The SDK's server does not hand that over.
 */
function ignored(urn: string, { labels }: Properties): Properties {
  return labels !== undefined && ["Volume", "Network"].includes(kindOf(urn)) ? { labels } : {};
}

/**
 * After a create that failed half-way, the properties that the engine decides are unknown. They replace the container, as the
 * real provider has it (observed on 5.2.0).
 */
function isHalfMade(urn: string, olds: Properties): boolean {
  return kindOf(urn) === "Container" && olds["hostname"] === undefined;
}

/** Without the marks of secrets. */
function reveal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  if (secretKey in value) return reveal((value as Properties)["value"]);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reveal(inner)]));
}

/** `urn:pulumi:STACK::PROJECT::PARENT$docker:index/container:Container::NAME` is a Container. */
function kindOf(urn: string): Kind {
  const kind = urn.split("::").at(-2)?.split(":").at(-1) ?? "";
  if (!(kind in resources)) throw new Error(`the stand-in has no ${kind}`);
  return kind as Kind;
}

function resourceOf(urn: string): Resource {
  return resources[kindOf(urn)];
}

await main(provider, process.argv.slice(2));
