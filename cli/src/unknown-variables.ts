import { environmentNames, environmentPrefix, nearest } from "@codex-workspace/core";

/** Variables that the command line, the wrapper or the image's health check reads, and that the examples read. */
const known: readonly string[] = [
  ...["STATE", "TOKEN", "URL", "PORT"].map((name) => environmentPrefix + name),
  ...[environmentNames.config, environmentNames.modelKey, environmentNames.remoteToken],
];

/** Remarks about variables with our prefix that nothing reads, such as a name with a typing error. */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const unknown = Object.keys(env).filter(
    (name) =>
      name.startsWith(environmentPrefix) && !name.startsWith(environmentNames.childPrefix) && !known.includes(name),
  );
  return unknown.sort().map((name) => {
    const meant = nearest(name, known);
    const hint = meant === undefined ? "Unset it." : `Did you mean ${meant}?`;
    return `the variable ${name} is ignored: codex-workspace has no variable of that name. ${hint}`;
  });
}
