import type { NetworkSpec } from "../spec/workspace-spec.ts";
import { type HostPattern, readHostPattern } from "./host-pattern.ts";
import { type NetworkPreset, packagePresets, presetHosts } from "./presets.ts";

/** What the workspace reaches through the egress proxy: what a rule allows and nothing else. */
export interface EgressPlan {
  /** Each different; the first that a request fits is the one that allowed it. */
  readonly rules: readonly EgressRule[];
}

export interface EgressRule {
  /** Where it comes from, as the proxy's log shows it: `allow:*.example.com`, `preset:npm`. */
  readonly name: string;
  readonly pattern: HostPattern;
}

/** Without `allow` and `presets`: what packages are installed from. With one of them: that alone. */
export function planEgress(network: NetworkSpec): EgressPlan {
  const { allow = [] } = network;
  const rules = [
    ...allow.map((text) => toRule(`allow:${text}`, text)),
    ...presetsOf(network).flatMap((preset) => presetHosts[preset].map((host) => toRule(`preset:${preset}`, host))),
  ];
  const byPattern = new Map(rules.toReversed().map((rule) => [JSON.stringify(rule.pattern), rule]));
  return { rules: [...byPattern.values()].toReversed() };
}

/** The same network with further hosts: what it allows without them stays allowed. */
export function allowHosts(network: NetworkSpec, hosts: readonly string[]): NetworkSpec {
  return { ...network, allow: [...(network.allow ?? []), ...hosts], presets: presetsOf(network) };
}

function presetsOf({ allow, presets }: NetworkSpec): readonly NetworkPreset[] {
  return presets ?? (allow === undefined ? packagePresets : []);
}

function toRule(name: string, text: string): EgressRule {
  const pattern = readHostPattern(text);
  if ("fault" in pattern) throw new Error(`${text}: ${pattern.fault}; a parsed spec has no such pattern`);
  return { name, pattern };
}
