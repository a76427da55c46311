import { Token } from "cdktf";

/** The paths of all that is known only when Terraform runs. */
export function laterPaths(value: unknown, path = ""): string[] {
  if (Token.isUnresolved(value)) return [path];
  if (typeof value !== "object" || value === null) return [];
  const entries = Object.entries(value);
  return entries.flatMap(([key, inner]) => {
    const here = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    return [...(Token.isUnresolved(key) ? [here] : []), ...laterPaths(inner, here)];
  });
}
