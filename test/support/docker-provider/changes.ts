import { updatable } from "./container-options.ts";
import type { Kind, Properties } from "./resources.ts";

interface Rules {
  /** What may change without another resource; of the rest, any change replaces it. */
  readonly inPlace: readonly string[];
  /** What the engine decides where it is not given. */
  readonly computed: readonly string[];
  /** What counts as given where it is not. */
  readonly defaults: Properties;
}

export interface Changes {
  readonly changed: readonly string[];
  readonly replaces: readonly string[];
}

/** What the source of the real provider says, and no published package does. */
const rules: Readonly<Record<Kind, Rules>> = {
  Container: {
    inPlace: [
      ...updatable,
      // About how it is made, waited for and removed.
      ...["start", "mustRun", "wait", "waitTimeout", "rm", "removeVolumes", "destroyGraceSeconds", "attach", "logs"],
      ...["containerReadRefreshTimeoutMilliseconds"],
      // Taken, stored, and not done.
      ...["healthcheck", "tmpfs", "init", "memoryReservation", "cpuPeriod", "cpuQuota"],
    ],
    computed: [
      ...["command", "entrypoints", "envs", "labels", "hostname", "init", "ipcMode", "logDriver", "runtime"],
      ...["securityOpts", "shmSize", "stopSignal", "stopTimeout", "healthcheck", "user", "workingDir", "exitCode"],
      "ports.external",
    ],
    defaults: {
      start: true,
      mustRun: true,
      removeVolumes: true,
      waitTimeout: 60,
      restart: "no",
      networkMode: "bridge",
    },
  },
  Volume: { inPlace: [], computed: ["name", "driver", "mountpoint"], defaults: {} },
  Network: { inPlace: [], computed: ["driver", "internal", "scope"], defaults: {} },
  RemoteImage: { inPlace: ["keepLocally", "forceRemove"], computed: ["imageId"], defaults: {} },
};

/** The properties in which a resource's state is not as its inputs ask, and which of them replace it. */
export function changesOf(kind: Kind, state: Properties, inputs: Properties): Changes {
  const names = new Set([...Object.keys(state), ...Object.keys(inputs)]);
  const changed = [...names].filter(
    (name) => !name.startsWith("__") && !isSame(name, state[name], given(kind, name, state, inputs)),
  );
  return { changed, replaces: changed.filter((name) => replaces(kind, name, state[name], inputs[name])) };
}

export function defaultsOf(kind: Kind): Properties {
  return rules[kind].defaults;
}

/** Whether the engine decides it where it is not given. @param path - `memory`, `ports.external` */
export function isComputed(kind: Kind, path: string): boolean {
  return rules[kind].computed.includes(path);
}

/** Whether the provider takes it for nothing given. */
export function isZero(value: unknown): boolean {
  return toCanonical(value) === "";
}

function given(kind: Kind, name: string, state: Properties, inputs: Properties): unknown {
  const { computed, defaults } = rules[kind];
  if (computed.includes(name)) return isZero(inputs[name]) ? state[name] : inputs[name];
  return inputs[name] ?? defaults[name];
}

function replaces(kind: Kind, name: string, old: unknown, value: unknown): boolean {
  // Another one of as many is taken for a change in place, and nothing is done about it.
  if (name === "mounts") return lengthOf(old) !== lengthOf(value);
  return !rules[kind].inPlace.includes(name);
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

/** As the provider compares: most lists are sets, and what is left out of a port is the engine's to choose. */
function isSame(name: string, old: unknown, value: unknown): boolean {
  if (name === "command" || name === "entrypoints") return JSON.stringify(old) === JSON.stringify(value);
  return toCanonical(name === "ports" ? withoutComputed(old, value) : old) === toCanonical(value);
}

function withoutComputed(old: unknown, value: unknown): unknown {
  if (Array.isArray(old) && Array.isArray(value) && old.length === value.length) {
    return old.map((item, index) => withoutComputed(item, value[index]));
  }
  if (typeof old !== "object" || old === null || typeof value !== "object" || value === null) return old;
  return Object.fromEntries(Object.entries(old).filter(([name]) => (value as Properties)[name] != undefined));
}

/** The empty text for what the provider takes for nothing given: zero values, and what is made of them alone. */
function toCanonical(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "" : `[${value.map(toCanonical).sort().join()}]`;
  if (typeof value !== "object" || value === null) {
    return [undefined, null, 0, false, "", "0s"].includes(value as null) ? "" : JSON.stringify(value);
  }
  const parts = Object.entries(value).map(([name, inner]) => [name, toCanonical(inner)] as const);
  const set = parts.filter(([, inner]) => inner !== "").sort(([one], [other]) => (one < other ? -1 : 1));
  return set.length === 0 ? "" : JSON.stringify(set);
}
