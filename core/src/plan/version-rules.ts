import { codexReleases, isAtLeast } from "../codex-release.ts";
import type { KeyPath } from "../config/key-path.ts";
import type { ConfigLayer } from "../config/layers.ts";
import { showValue } from "../config/shown-value.ts";
import { isTomlTable, type TomlTable, type TomlValue, valueOf } from "../config/toml-table.ts";
import { type Problem, WorkspaceError } from "../errors.ts";
import { settingAsWritten } from "./refused-setting.ts";

/** What a Codex of the version does not start with, found by starting it; `*` stands for any name. */
interface Rule {
  readonly path: KeyPath;
  /** The values in question. @default - any */
  readonly values?: readonly TomlValue[];
  readonly refusedBy: (version: string) => boolean;
  readonly instead: string;
}

const every = (): boolean => true;
const from155 = (version: string): boolean => isAtLeast(version, [0, 155]);
const before155 = (version: string): boolean => !from155(version);

const rules: readonly Rule[] = [
  {
    path: ["approval_policy"],
    values: ["untrusted", "on-failure"],
    refusedBy: from155,
    instead: 'write "on-request", or `granular` to say what Codex may ask for',
  },
  { path: ["profile"], refusedBy: every, instead: "write the input `profile`" },
  { path: ["model_providers", "*", "wire_api"], values: ["chat"], refusedBy: every, instead: 'write "responses"' },
  {
    path: ["mcp_servers", "*", "bearer_token"],
    refusedBy: every,
    instead: "name the variable that holds it in `bearerTokenEnvVar`",
  },
  ...[
    ["mcp_servers", "*", "default_tools_approval_mode"],
    ["mcp_servers", "*", "tools", "*", "approval_mode"],
  ].map((path) => ({ path, values: ["writes"], refusedBy: before155, instead: 'write "prompt"' })),
  { path: ["agents", "enabled"], refusedBy: before155, instead: "leave it out" },
  {
    path: ["agents", "max_concurrent_threads_per_session"],
    refusedBy: before155,
    instead: "write `agents.maxThreads`",
  },
];

/**
 * Holds merged settings against what a version of Codex takes. Of a version that this release is not tested with, the
 * findings are returned as warnings.
 *
 * @throws WorkspaceError `SPEC_INVALID` with every setting that a tested version refuses
 */
export function checkAgainstVersion(version: string, table: TomlTable, layers: readonly ConfigLayer[]): string[] {
  const problems = rules
    .filter(({ refusedBy }) => refusedBy(version))
    .flatMap(({ path, values, instead }) =>
      found(table, path)
        .filter(({ value }) => values?.includes(value) ?? true)
        .map(({ path: at, value }): Problem => {
          const shown = values === undefined ? "" : `${showValue([], value)} `;
          return { path: settingAsWritten(layers, at), message: `${shown}is refused by Codex ${version}: ${instead}` };
        }),
    );
  if (!(version in codexReleases)) return problems.map(({ path, message }) => `${path}: ${message}.`);
  if (problems.length === 0) return [];
  const settings = problems.length === 1 ? "a setting" : `${problems.length} settings`;
  throw new WorkspaceError(`Codex ${version} does not start with ${settings} of the spec`, {
    code: "SPEC_INVALID",
    remedy: "Write what the list says instead, or choose another codexVersion.",
    problems,
  });
}

interface Found {
  readonly path: KeyPath;
  readonly value: TomlValue;
}

function found(table: TomlTable, [key = "", ...rest]: KeyPath): Found[] {
  return (key === "*" ? Object.keys(table) : [key]).flatMap((name) => {
    const value = valueOf(table, name);
    if (value === undefined) return [];
    if (rest.length === 0) return [{ path: [name], value }];
    return isTomlTable(value) ? found(value, rest).map((below) => ({ ...below, path: [name, ...below.path] })) : [];
  });
}
