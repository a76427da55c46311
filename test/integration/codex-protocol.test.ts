import { CODEX_PIN } from "@codex-workspace/core";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  messageSchemas,
  notificationSchemas,
  type RequestMethod,
  resultSchemas,
  sentFields,
} from "../../agent-wrapper/src/codex/protocol.ts";
import { requestKinds } from "../../agent-wrapper/src/session/approval-request.ts";
import { type CodexProtocol, readProtocol } from "../support/codex-protocol.ts";
import { testedCodexes } from "../support/codex-versions.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;
type Type = ReturnType<CodexProtocol["params"]>;

/** Null where the request has no `includeLayers`; ours has it. */
const layers = "request config/read < layers";

/** Uses that a version does not answer to, and that the wrapper does without. */
const missing: Readonly<Record<string, readonly string[]>> = {
  // `historyMode` is sent to 0.155 alone, and a Codex without a queue has nothing in it.
  "0.140.0": [
    "request thread/start > historyMode",
    layers,
    "request thread/queue/list",
    "notification thread/queue/changed",
  ],
};

interface Usage {
  /** Each field that we send (`>`) or read (`<`), with its type in this version. */
  readonly lines: readonly string[];
  /** What we depend on and this version does not have. */
  readonly problems: readonly string[];
}

function usageOf(protocol: CodexProtocol): Usage {
  const lines: string[] = [];
  const problems: string[] = [];

  for (const [method, schema] of Object.entries(resultSchemas)) {
    const params = protocol.params("ClientRequest", method);
    if (params === undefined) problems.push(`request ${method}`);
    for (const field of sentFields[method as RequestMethod]) {
      const path = `request ${method} > ${field}`;
      lines.push(`${path}: ${protocol.showField(params, field, 2)}`);
      if (params !== undefined && protocol.property(params, field) === undefined) problems.push(path);
    }
    const result = protocol.result("ClientRequest", method);
    if (params !== undefined) read(`request ${method} < `, schema, result);
  }
  for (const [method, schema] of Object.entries(notificationSchemas)) {
    const params = protocol.params("ServerNotification", method);
    if (params === undefined) problems.push(`notification ${method}`);
    else read(`notification ${method} < `, schema, params);
  }
  for (const [method, { params: schema }] of Object.entries(requestKinds)) {
    const params = protocol.params("ServerRequest", method);
    if (params === undefined) problems.push(`asked ${method}`);
    else read(`asked ${method} < `, schema, params);
    lines.push(`asked ${method} > ${protocol.show(protocol.result("ServerRequest", method), 2)}`);
  }
  for (const [type, schema] of Object.entries(messageSchemas)) {
    read(`item ${type} < `, schema, protocol.member("ThreadItem", "type", type));
  }
  return { lines, problems };

  function read(prefix: string, schema: z.ZodType, type: Type): void {
    follow(prefix, z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), type);
  }

  /** Goes through what a schema reads, and the type beside it. */
  function follow(path: string, schema: JsonSchema, type: Type): void {
    for (const branch of (schema.anyOf ?? [schema]).map((one) => one)) {
      const literals = [...(branch.enum ?? []), ...(branch.const === undefined ? [] : [branch.const])];
      const unread = protocol.literals(type).filter((literal) => literals.length > 0 && !literals.includes(literal));
      problems.push(...unread.map((literal) => `${path} "${literal}"`));
      if (branch.items !== undefined) follow(`${path}[]`, branch.items as JsonSchema, protocol.element(type));
      for (const [name, property] of Object.entries(branch.properties ?? {})) {
        const [field, found] = [`${path}${path.endsWith(" ") ? "" : "."}${name}`, protocol.property(type, name)];
        const isRequired = branch.required?.includes(name) === true && !takesAnything(property as JsonSchema);
        if (isLeaf(property as JsonSchema)) lines.push(`${field}: ${protocol.showField(type, name, 1)}`);
        if (isRequired && protocol.isOptional(type, name)) problems.push(field);
        else if (found !== undefined) follow(field, property as JsonSchema, found);
      }
    }
  }
}

/** Whether nothing of the value is read but the value. */
function isLeaf({ anyOf = [], properties, items }: JsonSchema): boolean {
  return properties === undefined && items === undefined && anyOf.every((one) => isLeaf(one));
}

function takesAnything(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}

const codexes = (await testedCodexes()).filter(({ without }) => without === "");
const protocols = new Map<string, CodexProtocol>();
for (const { codexVersion, codexProgram } of codexes) protocols.set(codexVersion, await readProtocol(codexProgram));

describe.each([...protocols])("Codex %s", (version, protocol) => {
  test("has every method and field that we use", () => {
    expect(usageOf(protocol).problems).toEqual(missing[version] ?? [layers]);
  });
});

test("shows what a version changes in what we use", async () => {
  const versionsOf = new Map<string, string[]>();
  for (const [version, protocol] of protocols)
    for (const line of usageOf(protocol).lines) versionsOf.set(line, [...(versionsOf.get(line) ?? []), version]);
  const lines = [...versionsOf].map(([line, versions]) =>
    versions.length === protocols.size ? line : `${line}  [${versions.join(", ")}]`,
  );
  await expect(`${lines.sort().join("\n")}\n`).toMatchFileSnapshot("__golden__/codex-protocol.txt");
});

test("finds a method and a field that a version does not have", () => {
  const [pin, old] = [protocols.get(CODEX_PIN), protocols.get("0.140.0")];
  expect(pin?.methods("ClientRequest")).toContain("thread/queue/list");
  expect(old?.methods("ClientRequest")).not.toContain("thread/queue/list");
  const historyMode = (of: CodexProtocol | undefined): Type =>
    of?.property(of.params("ClientRequest", "thread/start"), "historyMode");
  expect(historyMode(pin)).toBeDefined();
  expect(historyMode(old)).toBeUndefined();
});
