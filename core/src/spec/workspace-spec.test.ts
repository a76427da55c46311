import { expectTypeOf, test } from "vitest";
import type * as z from "zod";
import type { Secret } from "../secret.ts";
import type { workspaceSpecSchema } from "./schema.ts";
import type { WorkspaceSpec } from "./workspace-spec.ts";

type DeepReadonly<T> = T extends Secret
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T;

// Checked by the compiler (npm run typecheck): vitest only runs it.
test("WorkspaceSpec and its schema are of one shape, going in and coming out", () => {
  expectTypeOf<DeepReadonly<z.input<typeof workspaceSpecSchema>>>().toEqualTypeOf<WorkspaceSpec>();
  expectTypeOf<DeepReadonly<z.output<typeof workspaceSpecSchema>>>().toEqualTypeOf<WorkspaceSpec>();
});
