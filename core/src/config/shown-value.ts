import type { KeyPath } from "./key-path.ts";
import { isTomlTable, type TomlValue } from "./toml-table.ts";
import { kindOf, renderInline } from "./toml-value.ts";

/**
 * The value as TOML text for a report or a log; only its kind, `(a string)`, where it may hold a secret: under Codex's
 * keys for environments, headers and arguments, and under every key whose name speaks of one.
 */
export function showValue(path: KeyPath, value: TomlValue): string {
  return mayBeSecret(path, value) ? `(${kindOf(value)})` : renderInline(value);
}

const secretTables = /^(env|set|args|query_params|http_headers|headers)$/i;
const secretNames = /token|secret|password|passphrase|credential|authorization|api_?key|private_?key/i;
/** Names that speak of a secret, of variables that hold one, and hold none themselves. */
const harmlessNames = /(_env_var|_env_vars|^env_key|^env_http_headers|_tokens|_token_limit)$/i;

function mayBeSecret(path: KeyPath, value: TomlValue): boolean {
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "bigint") return false;
  if (path.some((segment) => secretTables.test(segment) || isSecretName(segment))) return true;
  if (typeof value === "string") return /:\/\/[^/]*@/.test(value);
  if (Array.isArray(value)) return value.some((item) => mayBeSecret(path, item));
  return isTomlTable(value) && Object.entries(value).some(([key, item]) => mayBeSecret([key], item));
}

function isSecretName(segment: string): boolean {
  return secretNames.test(segment) && !harmlessNames.test(segment);
}
