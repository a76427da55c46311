import { expect, test } from "vitest";
import type * as z from "zod";
import { Secret } from "../secret.ts";
import { workspaceSpecSchema } from "./schema.ts";
import { secretReferences } from "./secret-references.ts";
import type { WorkspaceSpec } from "./workspace-spec.ts";

const file = (name: string) => ({ file: name });

const everySecret: WorkspaceSpec = {
  image: { build: { httpProxy: file("1"), httpsProxy: file("2") } },
  env: { A: file("3"), B: "plain" },
  modelProvider: { baseUrl: "https://models.example.com", apiKey: file("4") },
  api: { token: file("5"), tokens: [{ name: "ci", token: file("6"), scopes: ["read"] }] },
  network: { upstreamProxy: file("7") },
  webhooks: [{ url: "https://tasks.example.com", secret: file("8") }],
};

test("finds the reference of every secret input", () => {
  expect(secretReferences(everySecret).map(({ path, reference }) => [path, reference])).toEqual([
    ["image.build.httpProxy", file("1")],
    ["image.build.httpsProxy", file("2")],
    ["env.A", file("3")],
    ["modelProvider.apiKey", file("4")],
    ["api.token", file("5")],
    ["api.tokens.0.token", file("6")],
    ["network.upstreamProxy", file("7")],
    ["webhooks.0.secret", file("8")],
  ]);
});

test("finds as many as the schema has secret inputs", () => {
  expect(secretInputsOf(workspaceSpecSchema)).toBe(secretReferences(everySecret).length);
});

test("leaves plain values, secrets of programs and inputs that look like a reference", () => {
  const spec: WorkspaceSpec = { env: { file: "a" }, labels: { env: "a" }, api: { token: new Secret("a") } };
  expect(secretReferences(spec)).toEqual([]);
});

/** Every `z.custom` of the schema is a secret or a moment. */
function secretInputsOf(schema: unknown): number {
  const { def, shape } = schema as { def: Record<string, unknown>; shape?: Record<string, unknown> };
  if (def["type"] === "custom") return (schema as z.ZodType).safeParse({ file: "a" }).success ? 1 : 0;
  const below = [
    ...Object.values(shape ?? {}),
    ...((def["options"] as unknown[] | undefined) ?? []),
    ...["innerType", "element", "valueType", "in"].map((key) => def[key]).filter((inner) => inner !== undefined),
  ];
  return below.reduce<number>((sum, inner) => sum + secretInputsOf(inner), 0);
}
