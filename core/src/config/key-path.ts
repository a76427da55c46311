/** A key of a TOML document, segment by segment: `["projects", "/work", "trust_level"]`. */
export type KeyPath = readonly string[];

/** The path as a TOML key, quoted where TOML asks for it: `projects."/work".trust_level`. */
export function renderKeyPath(path: KeyPath): string {
  return path.map(renderKey).join(".");
}

/** Whether `path` is `prefix` or lies below it. */
export function isAtOrBelow(path: KeyPath, prefix: KeyPath): boolean {
  return path.length >= prefix.length && prefix.every((segment, index) => path[index] === segment);
}

export function equalPaths(left: KeyPath, right: KeyPath): boolean {
  return left.length === right.length && isAtOrBelow(left, right);
}

function renderKey(segment: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(segment)) return segment;
  // JSON escapes as TOML's basic strings do, but for DEL, which TOML refuses bare.
  return JSON.stringify(segment).replaceAll("\u007f", "\\u007f");
}
