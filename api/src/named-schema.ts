import * as z from "zod";

/** Schemas that have a name in the OpenAPI documents, and a file below /schemas. */
export const namedSchemas = z.registry<{ id: string }>();

/** Names a schema; it is the same one afterwards. */
export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  namedSchemas.add(schema, { id });
  return schema;
}

/** The first member of every JSON body that we send. In one that we are sent it means nothing. */
export const schemaMember = { $schema: z.string().optional().describe("Where the JSON Schema of this object is.") };
