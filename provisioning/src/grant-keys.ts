import {
  grantedHost,
  isSecretReference,
  type Problem,
  receivedSecret,
  renderKeyPath,
  type ResolvedGrant,
  Secret,
  type SecretInput,
  type SecretReference,
  type WorkspaceSpec,
} from "@codex-workspace/core";

/** The key of a grant that the spec names. */
export interface GrantKey {
  readonly key: SecretInput;
  /**
   * The host that it is for, as a URL has it. @default - of `openai` the model provider's, of `github` github.com, of another
   * that of the MCP server which names it; one that none names has no default
   */
  readonly host?: string | undefined;
}

/** What is wrong with keys of any shape. No value is in it: it may be a key. */
export function grantKeyProblems(grantKeys: unknown): Problem[] {
  if (!isObject(grantKeys)) return [{ path: "grantKeys", message: "expected an object with a key for each grant" }];
  return Object.entries(grantKeys).flatMap(([name, given]) => {
    const path = pathOf(name);
    if (!isObject(given)) return [{ path, message: "expected { key } or { key, host }" }];
    const { key, host, ...others } = given;
    return [
      ...(isSecretInput(key)
        ? []
        : [{ path: `${path}.key`, message: "expected a secret, { env: NAME } or { file: PATH }" }]),
      ...(host === undefined || isHost(host)
        ? []
        : [
            {
              path: `${path}.host`,
              message: `expected a host as a URL has it, such as issues.example.com${receivedSecret(host) ?? ""}`,
            },
          ]),
      ...Object.keys(others).map((other) => ({
        path: `${path}.${renderKeyPath([other])}`,
        message: "unknown; allowed here: key, host",
      })),
    ];
  });
}

/** What keeps the keys from being those of the spec's grants: there is one too few or too many, or its host is not known. */
export function grantProblems(spec: WorkspaceSpec, grantKeys: Readonly<Record<string, GrantKey>>): Problem[] {
  const { grants = [] } = spec;
  const withoutKey = grants.flatMap((name, index) => {
    const message = `has no key: give it in \`${pathOf(name)}.key\``;
    return Object.hasOwn(grantKeys, name) ? [] : [{ path: `grants[${index}]`, message }];
  });
  const others = Object.entries(grantKeys).flatMap(([name, { host = grantedHost(spec, name) }]) => {
    const path = pathOf(name);
    if (!grants.includes(name)) {
      return [{ path: "grants", message: `does not name "${name}", and \`${path}\` means nothing without` }];
    }
    return host === undefined ? [{ path: `${path}.host`, message: "is missing: the host that the key is for" }] : [];
  });
  return [...withoutKey, ...others];
}

/** The grants of a spec, where there is no such problem. */
export function resolveGrants(
  spec: WorkspaceSpec,
  grantKeys: Readonly<Record<string, GrantKey>>,
  resolveSecret: (reference: SecretReference) => Secret,
): ResolvedGrant[] {
  return Object.entries(grantKeys).flatMap(([name, { key, host = grantedHost(spec, name) }]) =>
    host === undefined ? [] : [{ name, host, secret: key instanceof Secret ? key : resolveSecret(key) }],
  );
}

function pathOf(name: string): string {
  return `grantKeys.${renderKeyPath([name])}`;
}

/** Lower case and without the scheme's own port: hosts are compared. */
function isHost(value: unknown): boolean {
  return typeof value === "string" && URL.canParse(`https://${value}`) && new URL(`https://${value}`).host === value;
}

function isSecretInput(value: unknown): boolean {
  return value instanceof Secret || isSecretReference(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}
