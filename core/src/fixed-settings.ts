import { isDeepStrictEqual } from "node:util";
import type { WrapperConfig } from "./wrapper-config.ts";

/** What a wrapper is from its start to its end: its place, its users, its Codex, its address, its ways out and in. All else can be reloaded. */
export function fixedSettings({ name, codex, users, ownsWorkdir, paths, api, relays }: WrapperConfig) {
  return {
    name,
    "codex.version": codex.version,
    "codex.program": codex.program,
    users,
    ownsWorkdir,
    paths,
    api,
    relays,
  };
}

/** The names of those in which another configuration differs. */
export function changedFixedSettings(inForce: WrapperConfig, next: WrapperConfig): string[] {
  const others: Readonly<Record<string, unknown>> = fixedSettings(next);
  return Object.entries(fixedSettings(inForce)).flatMap(([name, value]) =>
    isDeepStrictEqual(value, others[name]) ? [] : [name],
  );
}
