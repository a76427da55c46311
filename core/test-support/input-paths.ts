import { workspaceSpecSchema } from "../src/spec/schema.ts";

interface Described {
  readonly shape?: Readonly<Record<string, Described>>;
  readonly valueType?: Described;
  readonly unwrap?: () => Described;
}

/** Every input of a spec that takes a value: `workdir`, `image.build.baseImage`, `mcpServers.NAME.command`. */
export function inputPaths(schema: Described = workspaceSpecSchema as Described, path = ""): string[] {
  const inner = schema.unwrap?.() ?? schema;
  if (inner.shape !== undefined) {
    return Object.entries(inner.shape).flatMap(([key, below]) =>
      inputPaths(below, path === "" ? key : `${path}.${key}`),
    );
  }
  return inner.valueType?.shape === undefined ? [path] : inputPaths(inner.valueType, `${path}.NAME`);
}
