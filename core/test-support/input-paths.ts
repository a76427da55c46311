import { workspaceSpecSchema } from "../src/spec/schema.ts";

interface Described {
  readonly shape?: Readonly<Record<string, Described>>;
  readonly unwrap?: () => Described;
}

/** Every input of a spec that takes a value: `workdir`, `image.build.baseImage`, `api.port`. */
export function inputPaths(schema: Described = workspaceSpecSchema as Described, path = ""): string[] {
  if (schema.shape === undefined) {
    const inner = schema.unwrap?.();
    return inner?.shape === undefined ? [path] : inputPaths(inner, path);
  }
  return Object.entries(schema.shape).flatMap(([key, below]) =>
    inputPaths(below, path === "" ? key : `${path}.${key}`),
  );
}
