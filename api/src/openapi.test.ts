import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type OpenApiDocument, toOpenApi, toSchemaFile } from "./openapi.ts";
import type { Operation } from "./operation.ts";
import { operations } from "./operations.ts";
import { queryList } from "./query.ts";
import { named } from "./named-schema.ts";

const documents = (["3.1", "3.0"] as const).map(
  (openapi) => [openapi, toOpenApi(operations, { version: "1.2.3", openapi })] as const,
);
const [, latest] = documents[0]!;

/** Every object in a document, with its keys. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

const operationOf = (document: OpenApiDocument, path: string, method: string): Record<string, unknown> =>
  document.paths[path]?.[method] as Record<string, unknown>;

describe.each(documents)("OpenAPI %s", (openapi, document) => {
  test("says its version and the release", () => {
    expect(document.openapi).toBe({ "3.1": "3.1.0", "3.0": "3.0.3" }[openapi]);
    expect(document.info).toMatchObject({ title: "codex-workspace", version: "1.2.3" });
  });

  test("has every operation once, with an id of its own", () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => (operation as { operationId: string }).operationId),
    );
    expect(ids.sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("every reference leads to a schema that is there", () => {
    const references = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === "string" ? [$ref] : []));
    expect(references.length).toBeGreaterThan(20);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
  });

  test("an operation that needs no token says so; the others need one", () => {
    expect(document["security"]).toEqual([{ bearer: [] }, { basic: [] }]);
    expect(operationOf(document, "/healthz", "get")["security"]).toEqual([]);
    expect(operationOf(document, "/status", "get")).not.toHaveProperty("security");
  });

  test("a ticket is taken where an answer stays open, and nowhere else", () => {
    const taking = operations.filter(({ method, path }) =>
      JSON.stringify(operationOf(document, path, method)["security"] ?? []).includes("ticket"),
    );
    expect(taking).toEqual(operations.filter(({ stays }) => stays !== undefined));
    expect(document.components.securitySchemes["ticket"]).toMatchObject({ in: "query", name: "ticket" });
  });
});

describe.each(documents)("linting OpenAPI %s", (_, document) => {
  test("every operation, parameter and tag is described, without `undefined`", () => {
    const described = Object.values(document.paths).flatMap((path) => Object.values(path) as Record<string, unknown>[]);
    const parameters = described.flatMap(({ parameters = [] }) => parameters as { description: string }[]);
    const tags = document["tags"] as { name: string; description?: string }[];
    for (const { description } of [...described, ...parameters, ...tags]) expect(description).toMatch(/\w{3}/);
    expect(described.flatMap((operation) => operation["tags"]).sort()).toEqual(
      expect.arrayContaining(tags.map(({ name }) => name)),
    );
    expect(JSON.stringify(document)).not.toContain("undefined");
  });

  test("it names its server relative to itself, and its security is defined", () => {
    expect(document["servers"]).toEqual([{ url: ".", description: expect.any(String) as string }]);
    const schemes = Object.keys(document.components.securitySchemes);
    const used = [...objectsIn(document)].flatMap(({ security }) => (security as object[] | undefined) ?? []);
    expect(used.flatMap((one) => Object.keys(one)).every((name) => schemes.includes(name))).toBe(true);
  });

  test("what is sent has no `default`: some generators require such a property", () => {
    const { PromptRequest: prompt, WhenBusy } = document.components.schemas as Record<string, Record<string, unknown>>;
    expect(prompt).toMatchObject({ required: ["input"] });
    expect(WhenBusy?.["description"]).toContain("Default of a request: `queue`.");
    const parameters = operations.flatMap(
      ({ path, method }) => operationOf(document, path, method)["parameters"] ?? [],
    );
    expect([...objectsIn([prompt, parameters])].filter((object) => "default" in object)).toEqual([]);
  });

  test("every schema that is defined is used", () => {
    const references = new Set([...objectsIn(document)].map(({ $ref }) => $ref));
    const unused = Object.keys(document.components.schemas).filter(
      (name) => !references.has(`#/components/schemas/${name}`),
    );
    // AgentAPI names the body of an event whose path it does not describe.
    expect(unused).toEqual(["ScreenUpdateBody"]);
  });
});

test("3.0 has no word that only JSON Schema 2020-12 knows", () => {
  const [, older] = documents[1]!;
  const words = new Set([...objectsIn(older)].flatMap((object) => Object.keys(object)));
  for (const word of ["const", "$id", "prefixItems", "contentEncoding", "patternProperties", "examples", "$defs"]) {
    expect(words).not.toContain(word);
  }
});

test("AgentAPI's schemas have AgentAPI's names", () => {
  expect(Object.keys(latest.components.schemas)).toEqual(
    expect.arrayContaining([
      ...["AgentStatus", "ConversationRole", "ErrorDetail", "ErrorModel", "Message", "MessageRequestBody"],
      ...["MessageResponseBody", "MessageType", "MessageUpdateBody", "MessagesResponseBody", "ScreenUpdateBody"],
      ...["StatusChangeBody", "StatusResponseBody", "UploadResponseBody"],
    ]),
  );
});

test("a request takes nothing else, an answer may have more", () => {
  expect(latest.components.schemas["MessageRequestBody"]).toMatchObject({ additionalProperties: false });
  expect(latest.components.schemas["MessageResponseBody"]).toMatchObject({ additionalProperties: {} });
});

test("what a request may leave out is not required of it", () => {
  const schema = named("WithDefault", z.strictObject({ given: z.string(), left: z.string().default("x") }));
  const content = { mediaType: "application/json", schema, example: { given: "a" } } as const;
  const operation: Operation = {
    ...operations.find(({ operationId }) => operationId === "post-message")!,
    parameters: [
      { name: "id", in: "path", description: "Which", schema: z.string(), example: "1" },
      { name: "kind", in: "query", description: "Of which kind", schema: queryList(z.string()), example: ["a"] },
    ],
    request: content,
  };
  const document = toOpenApi([operation], { version: "1" });
  expect(document.components.schemas["WithDefault"]).toMatchObject({ required: ["given"] });
  expect(operationOf(document, "/message", "post")["parameters"]).toEqual([
    { name: "id", in: "path", required: true, description: "Which", schema: { type: "string" }, example: "1" },
    {
      ...{ name: "kind", in: "query", required: false, description: "Of which kind", example: ["a"] },
      ...{ style: "form", explode: false, schema: { type: "array", minItems: 1, items: { type: "string" } } },
    },
  ]);
});

test("a body is required unless an empty one would do", () => {
  const isRequired = (path: string): unknown =>
    (operationOf(latest, path, "post")["requestBody"] as { required: boolean }).required;
  expect(isRequired("/v1/sessions/{session}/prompts")).toBe(true);
  expect(isRequired("/v1/sessions/{session}/fork")).toBe(false);
});

test("a header and a value of a query may be left out, a part of a path may not", () => {
  const parameters = operations.flatMap((operation) => {
    const { parameters = [] } = operationOf(latest, operation.path, operation.method);
    return parameters as readonly { in: string; required: boolean }[];
  });
  expect(parameters.length).toBeGreaterThan(30);
  expect(parameters.filter((parameter) => parameter.required !== (parameter.in === "path"))).toEqual([]);
});

test("a problem says when it comes: by the kind of the operation, and by itself", () => {
  const problems = operationOf(latest, "/v1/sessions/{session}/approvals/{approval}/decision", "post")[
    "responses"
  ] as Record<string, { description: string }>;
  expect(Object.keys(problems)).toEqual([
    "200",
    "400",
    "401",
    "403",
    "404",
    "408",
    "409",
    "413",
    "415",
    "422",
    "429",
    "504",
    "507",
    "default",
  ]);
  expect(problems["403"]?.description).toContain("lacks the scope `approve`");
  expect(problems["404"]?.description).toBe("There is no such session. There is no such approval");
  expect(problems["422"]?.description).toMatch(/not what the operation takes.*does not fit what was asked/);
});

test("events are named, each with its data", () => {
  const { responses } = operationOf(latest, "/events", "get") as {
    responses: Record<string, { content: Record<string, { schema: { items: { oneOf: object[] } } }> }>;
  };
  expect(responses["200"]?.content["text/event-stream"]?.schema.items.oneOf).toMatchObject([
    { properties: { event: { enum: ["message_update"] }, data: { $ref: "#/components/schemas/MessageUpdateBody" } } },
    { properties: { event: { enum: ["status_change"] }, data: { $ref: "#/components/schemas/StatusChangeBody" } } },
  ]);
});

test("a schema of its own refers to files", () => {
  expect(toSchemaFile(latest, "MessagesResponseBody")).toMatchObject({
    properties: { messages: { items: { $ref: "/schemas/Message.json" } } },
  });
});

test.each(operations.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  "the examples of %s are what its schemas take",
  (_, { parameters = [], request, answers }) => {
    for (const { in: place, schema, example } of parameters) {
      schema.parse(place === "query" ? String(example) : example);
    }
    if (request?.mediaType === "application/json") request.schema.parse(request.example);
    for (const { content } of Object.values(answers)) {
      if (content?.mediaType === "application/json") content.schema.parse(content.example);
    }
    expect(Object.keys(answers).length).toBeGreaterThan(0);
  },
);
