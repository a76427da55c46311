import { notInForce, workspaceSpecSchema } from "../src/spec/schema.ts";

interface Described {
  readonly shape?: Readonly<Record<string, Described>>;
  readonly valueType?: Described;
  readonly unwrap?: () => Described;
}

/** Every input of a spec that takes a value and is in force: `workdir`, `image.build.baseImage`, `mcpServers.NAME.command`. */
export function inputPaths(): string[] {
  const early: readonly string[] = notInForce;
  return pathsOf().filter((path) => !early.includes(path.split(".")[0] ?? ""));
}

function pathsOf(schema: Described = workspaceSpecSchema as Described, path = ""): string[] {
  const inner = schema.unwrap?.() ?? schema;
  if (inner.shape !== undefined) {
    return Object.entries(inner.shape).flatMap(([key, below]) => pathsOf(below, path === "" ? key : `${path}.${key}`));
  }
  return inner.valueType?.shape === undefined ? [path] : pathsOf(inner.valueType, `${path}.NAME`);
}
