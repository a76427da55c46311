import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { expect, test } from "vitest";
import { pulumiSchema } from "./pulumi-schema.ts";

// Written by `vitest -u`, like every golden file.
test("the schema of the Pulumi component is that of its args and outputs", async () => {
  const text = await format(JSON.stringify(pulumiSchema()), { parser: "json", printWidth: 120 });
  const file = fileURLToPath(new URL("../../pulumi/schema.json", import.meta.url));
  await expect(text).toMatchFileSnapshot(file);
});
