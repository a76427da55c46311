import * as z from "zod";
import { namedSchemas } from "./named-schema.ts";
import { problemsOf } from "./operation-problems.ts";
import type { Answer, Content, EventContent, Operation, Parameter } from "./operation.ts";
import { problemSchema } from "./problem.ts";

export type OpenApiVersion = "3.1" | "3.0";

type Json = Record<string, unknown>;

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: Json };
  readonly [key: string]: unknown;
}

/** The operations as an OpenAPI document: paths from them, schemas from the zod schemas that they name. */
export function toOpenApi(
  operations: readonly Operation[],
  { version, openapi = "3.1" }: { readonly version: string; readonly openapi?: OpenApiVersion },
): OpenApiDocument {
  const paths: Record<string, Json> = {};
  const toSchema = schemaWriter(openapi);
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: toOperation(operation, toSchema) };
  }
  return {
    openapi: openapi === "3.1" ? "3.1.0" : "3.0.3",
    info: {
      title: "codex-workspace",
      version,
      description:
        "What the agent wrapper of a workspace serves. The root paths are AgentAPI's, for the session `main`. " +
        "A request with a `Host` that is not allowed is answered 400 in plain text, whatever its path.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: ".", description: "The workspace that serves this document, also below a path of a proxy." }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name, description: tagDescriptions[name] })),
    security: withToken,
    paths,
    components: {
      schemas: componentSchemas(operations, openapi),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "`Authorization: Bearer TOKEN`" },
        basic: {
          type: "http",
          scheme: "basic",
          description: "The token as password, of any user: `http://x:TOKEN@host`",
        },
        ticket: {
          type: "apiKey",
          in: "query",
          name: "ticket",
          description: "What `POST /v1/tickets` gave, once: where a browser sends no header",
        },
      },
    },
  };
}

/** A component of a document as a JSON Schema of its own, at /schemas/NAME.json. */
export function toSchemaFile(document: OpenApiDocument, name: string): Json {
  const text = JSON.stringify(document.components.schemas[name]);
  return JSON.parse(
    text.replaceAll(componentPrefix, "/schemas/").replace(/("\$ref":"\/schemas\/[^"]+)"/g, '$1.json"'),
  ) as Json;
}

const tagDescriptions: Readonly<Record<string, string>> = {
  AgentAPI: "Operations of AgentAPI, for the session `main`.",
  Workspace: "The workspace as a whole: status, health, metrics, audit trail, tickets.",
  Sessions: "Sessions of the workspace; each is a thread of Codex.",
  Prompts: "Prompts of a session, and the queue in which they wait.",
  Thread: "Items and events of a session's thread, and the session's terminal.",
  Approvals: "Requests of Codex that a person or program decides.",
};

const withToken = [{ bearer: [] }, { basic: [] }];

const componentPrefix = "#/components/schemas/";

type Direction = "input" | "output";
type SchemaWriter = (schema: z.ZodType, direction: Direction) => Json;

function schemaWriter(openapi: OpenApiVersion): SchemaWriter {
  return (schema, direction) => {
    const id = namedSchemas.get(schema)?.id;
    return id === undefined ? jsonSchemaOf(schema, openapi, direction) : { $ref: componentPrefix + id };
  };
}

function toOperation(operation: Operation, toSchema: SchemaWriter): Json {
  const { operationId, summary, description, tag, needs, stays, parameters = [], request, answers } = operation;
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    ...(needs === "nothing" && { security: [] }),
    ...(stays !== undefined && { security: [...withToken, { ticket: [] }] }),
    ...(parameters.length > 0 && { parameters: parameters.map((parameter) => toParameter(parameter, toSchema)) }),
    ...(request !== undefined && { requestBody: toRequestBody(request, toSchema) }),
    responses: {
      ...mapValues(answers, (answer) => toAnswer(answer, toSchema)),
      ...(needs === "nothing" && { 400: refusedHost }),
      ...mapValues(problemsOf(operation), (when) => toProblem(when, toSchema)),
      default: toProblem("Any other problem", toSchema),
    },
  };
}

/** The one refusal of an operation that needs no token. */
const refusedHost = {
  description: "The `Host` is not allowed",
  content: { "text/plain": { schema: { type: "string" } } },
};

/** A list has commas between its values. */
function toParameter({ schema, ...parameter }: Parameter, toSchema: SchemaWriter): Json {
  const written = toSchema(schema, "input");
  return {
    ...parameter,
    required: !schema.safeParse(undefined).success,
    ...(written["type"] === "array" && { style: "form", explode: false }),
    schema: written,
  };
}

/** A body that could be empty may be left out. */
function toRequestBody(request: Content, toSchema: SchemaWriter): Json {
  return { required: !request.schema.safeParse({}).success, content: toContent(request, "input", toSchema) };
}

function toAnswer({ description, headers = {}, content }: Answer, toSchema: SchemaWriter): Json {
  const names = Object.entries(headers).map(([name, says]) => [
    name,
    { description: says, schema: { type: "string" } },
  ]);
  return {
    description,
    ...(names.length > 0 && { headers: Object.fromEntries(names) as Json }),
    ...(content !== undefined && { content: toContent(content, "output", toSchema) }),
  };
}

function toProblem(description: string, toSchema: SchemaWriter): Json {
  return { description, content: { "application/problem+json": { schema: toSchema(problemSchema, "output") } } };
}

function toContent(content: Content | EventContent, direction: Direction, toSchema: SchemaWriter): Json {
  if (content.mediaType === "text/event-stream") {
    return { [content.mediaType]: { schema: toEventSchema(content, toSchema) } };
  }
  const { mediaType, schema, example } = content;
  return { [mediaType]: { schema: toSchema(schema, direction), example } };
}

function toEventSchema({ events }: EventContent, toSchema: SchemaWriter): Json {
  return {
    type: "array",
    description: "Server-sent events, each of one of these kinds; `data` is one line of JSON.",
    items: {
      oneOf: Object.entries(events).map(([name, schema]) => ({
        type: "object",
        title: `Event ${name}`,
        required: ["event", "data"],
        properties: { event: { type: "string", enum: [name] }, data: toSchema(schema, "output") },
      })),
    },
  };
}

/** Every named schema. One that a request has is what may be sent, with what it leaves to us left out. */
function componentSchemas(operations: readonly Operation[], openapi: OpenApiVersion): Record<string, Json> {
  const ofRequests = new Set(operations.map(({ request }) => request?.schema));
  const written = (io: Direction): Record<string, Json> =>
    z.toJSONSchema(namedSchemas, {
      ...{ target: targets[openapi], io, uri: (id: string) => componentPrefix + id },
      override: io === "input" ? overrideInput : override,
    }).schemas;
  const [input, output] = [written("input"), written("output")];
  const entries = Object.keys(output).map((id): [string, Json] => {
    const isOfRequest = [...ofRequests].some((schema) => schema !== undefined && namedSchemas.get(schema)?.id === id);
    return [id, withoutIdentity((isOfRequest ? input : output)[id] ?? {})];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const targets = { "3.1": "draft-2020-12", "3.0": "openapi-3.0" } as const;

/** A file is sent as it is: `binary` is the name of no encoding, and OpenAPI 3.0 has none. */
function override({ jsonSchema }: Overridden): void {
  delete jsonSchema.contentEncoding;
  writeReferenceAlone(jsonSchema);
}

interface Overridden {
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

/**
 * Writes a reference of OpenAPI 3.0 alone, as 3.0 ignores its siblings. zod writes an `allOf` of one schema, which
 * Redocly's linter warns of; openapi-python-client 0.29 rejects an `allOf` with the siblings as a second schema.
 */
function writeReferenceAlone(jsonSchema: Overridden["jsonSchema"]): void {
  const [reference, ...others] = jsonSchema.allOf ?? [];
  if (reference === undefined || others.length > 0) return;
  delete jsonSchema.allOf;
  delete jsonSchema.default;
  delete jsonSchema.description;
  Object.assign(jsonSchema, reference);
}

/** Some generators require every property that has a `default`: the description says the default of what is sent. */
function overrideInput({ jsonSchema }: Overridden): void {
  const { default: value, description } = jsonSchema;
  delete jsonSchema.default;
  if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
    const says = `Default: \`${typeof value === "string" ? value : JSON.stringify(value)}\`.`;
    if (description?.endsWith(says) !== true)
      jsonSchema.description = [description, says].filter((part) => part !== undefined).join(" ");
  }
  override({ jsonSchema });
}

function jsonSchemaOf(schema: z.ZodType, openapi: OpenApiVersion, io: Direction): Json {
  const overriding = io === "input" ? overrideInput : override;
  return withoutIdentity(z.toJSONSchema(schema, { target: targets[openapi], io, override: overriding }));
}

function withoutIdentity({ $schema: _dialect, $id: _id, ...schema }: Json): Json {
  return schema;
}

function mapValues<Value>(values: Readonly<Record<string, Value>>, map: (value: Value) => unknown): Json {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
