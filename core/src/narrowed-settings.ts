import { isDeepStrictEqual } from "node:util";
import { isTomlTable, parseToml, type TomlTable } from "./config/toml-table.ts";
import type { Secret } from "./secret.ts";
import type { WrapperConfig } from "./wrapper-config.ts";

/** The parts of a configuration that decide what the agent may do. */
export interface Permissions {
  readonly config: Pick<WrapperConfig, "session" | "profiles">;
  readonly configToml: string;
  readonly requirementsToml: string | undefined;
  readonly modelKey: Secret | undefined;
  readonly secretEnvironment: Readonly<Record<string, Secret>>;
}

type ThreadSettings = Pick<
  WrapperConfig["session"],
  "sandboxMode" | "permissions" | "approvalPolicy" | "workspaceWrite"
>;

/** From the narrowest to the widest. */
const sandboxModes = ["read-only", "workspace-write", "danger-full-access"];
const approvalPolicies = ["untrusted", "on-request", "on-failure", "never"];

/** Sections of config.toml in which a removed or changed entry can take something away. */
const grantingSections = ["mcp_servers", "permissions", "shell_environment_policy", "features", "tools", "web_search"];

/**
 * Returns the names of the settings in which `after` allows the agent less than `before`, or may allow less: a changed
 * secret can replace a revoked one. A configuration that only adds, or changes what the agent is told, has none.
 */
export function narrowedSettings(before: Permissions, after: Permissions): string[] {
  return [
    ...narrowedThread(before.config.session, after.config.session),
    ...Object.entries(before.config.profiles).flatMap(([name, profile]) => {
      const next = Object.hasOwn(after.config.profiles, name) ? after.config.profiles[name] : undefined;
      const names = next === undefined ? [""] : narrowedThread(profile, next).map((setting) => `.${setting}`);
      return names.map((setting) => `profiles.${name}${setting}`);
    }),
    ...narrowedSections(parseToml(before.configToml, layer), parseToml(after.configToml, layer)),
    ...(after.requirementsToml !== undefined && after.requirementsToml !== before.requirementsToml ? ["enforce"] : []),
    ...(isReplaced(before.modelKey, after.modelKey) ? ["modelProvider.apiKey"] : []),
    ...Object.entries(before.secretEnvironment).flatMap(([name, secret]) =>
      isReplaced(secret, after.secretEnvironment[name]) ? [`env.${name}`] : [],
    ),
  ];
}

const layer = { layer: "config.toml" };

function narrowedThread(before: ThreadSettings, after: ThreadSettings): string[] {
  const [roots, nextRoots] = [rootsOf(before), rootsOf(after)];
  const isNarrower = {
    sandboxMode: sandboxModes.indexOf(after.sandboxMode) < sandboxModes.indexOf(before.sandboxMode),
    // No order of two profiles is known: each rule of theirs can deny something.
    permissions: !isDeepStrictEqual(before.permissions, after.permissions),
    approvalPolicy: isStricter(before.approvalPolicy, after.approvalPolicy),
    networkAccess: hasNetwork(before) && !hasNetwork(after),
    writableRoots: roots.some((root) => !nextRoots.includes(root)),
  };
  return Object.entries(isNarrower).flatMap(([name, narrower]) => (narrower ? [name] : []));
}

/** Every change of a policy that is a table counts, and every change to or from a policy without a known order. */
function isStricter(before: unknown, after: unknown): boolean {
  if (isDeepStrictEqual(before, after)) return false;
  const [from, to] = [before, after].map((policy) => approvalPolicies.indexOf(policy as string)) as [number, number];
  return from === -1 || to < from;
}

function hasNetwork({ workspaceWrite }: ThreadSettings): boolean {
  return workspaceWrite["network_access"] === true;
}

function rootsOf({ workspaceWrite }: ThreadSettings): readonly unknown[] {
  const roots = workspaceWrite["writable_roots"];
  return Array.isArray(roots) ? roots : [];
}

function narrowedSections(before: TomlTable, after: TomlTable): string[] {
  return grantingSections.flatMap((name) => {
    const [from, to] = [before, after].map((table) => (Object.hasOwn(table, name) ? table[name] : undefined));
    if (from === undefined || isDeepStrictEqual(from, to)) return [];
    if (!isTomlTable(from) || !isTomlTable(to)) return [name];
    return Object.entries(from).flatMap(([key, value]) =>
      Object.hasOwn(to, key) && isDeepStrictEqual(value, to[key]) ? [] : [`${name}.${key}`],
    );
  });
}

function isReplaced(before: Secret | undefined, after: Secret | undefined): boolean {
  return before !== undefined && before.reveal() !== after?.reveal();
}
