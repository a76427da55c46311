import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import * as z from "zod";
import { workspaceSpecSchema } from "../../core/src/spec/schema.ts";

type Json = Readonly<Record<string, unknown>>;

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const specFile = pathOf("core/src/spec/workspace-spec.ts");
const ownFile = pathOf("provisioning/src/own-inputs.ts");
const componentFile = pathOf("pulumi/src/codex-workspace.ts");

/** What decides the resources, and so cannot come later. */
const plain = ["workspaceName", "demoModel", "onConfigChange", "retainHome", "waitTimeoutSeconds", "statePersistence"];

/**
 * The schema of the component, from which Pulumi makes packages for other languages: names, kinds and words of our interfaces,
 * whole numbers as the spec's own schema has them. A secret is a string there, and words to choose from are strings.
 */
export function pulumiSchema(): Json {
  const program = ts.createProgram([specFile, ownFile], {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.NodeNext,
    customConditions: ["codex-workspace-source"],
  });
  const checker = program.getTypeChecker();
  const types: Record<string, Json> = {};

  const inputs = {
    ...propertiesOf(interfaceIn(specFile, "WorkspaceSpec"), z.toJSONSchema(workspaceSpecSchema, schemaOptions)),
    ...propertiesOf(interfaceIn(ownFile, "OwnInputs"), { properties: { waitTimeoutSeconds: { type: "integer" } } }),
  };
  for (const name of plain) inputs[name] = { ...inputs[name], plain: true };
  const api = types["codex-workspace:index:Api"];
  types["codex-workspace:index:Api"] = { ...api, required: ["token"] };
  const { version, description, license, devDependencies } = JSON.parse(
    readFileSync(pathOf("pulumi/package.json"), "utf8"),
  ) as { readonly devDependencies: Readonly<Record<string, string>> } & Json;
  return {
    ...{ name: "codex-workspace", version, description, license },
    config: {},
    dependencies: [{ name: "docker", version: devDependencies["@pulumi/docker"] }],
    types,
    resources: {
      "codex-workspace:index:CodexWorkspace": {
        isComponent: true,
        ...outputs(),
        inputProperties: inputs,
        requiredInputs: ["api"],
      },
    },
  };

  function interfaceIn(file: string, name: string): ts.Type {
    const isIt = (node: ts.Node) => ts.isInterfaceDeclaration(node) && node.name.text === name;
    const found = program.getSourceFile(file)?.statements.find(isIt);
    if (found === undefined) throw new Error(`${file} has no ${name}`);
    return checker.getTypeAtLocation(found);
  }

  function propertiesOf(type: ts.Type, json: Json | undefined): Record<string, Json> {
    return Object.fromEntries(
      type.getProperties().map((property) => {
        const { name } = property;
        const of = checker.getNonNullableType(checker.getTypeOfSymbol(property));
        const kind = kindOf(of, propertyOf(json, name), `${nameOf(type)}${capital(name)}`);
        return [name, { ...kind, description: describe(property, of), ...(isSecret(of) && { secret: true }) }];
      }),
    );
  }

  function kindOf(type: ts.Type, json: Json | undefined, name: string): Json {
    if (isSecret(type) || is(type, ts.TypeFlags.StringLike)) return { type: "string" };
    if (is(type, ts.TypeFlags.BooleanLike)) return { type: "boolean" };
    if (is(type, ts.TypeFlags.NumberLike)) return { type: json?.["type"] === "integer" ? "integer" : "number" };
    if (is(type, ts.TypeFlags.Unknown)) return { $ref: "pulumi.json#/Any" };
    if (type.isUnion()) {
      const kinds = [...new Set(type.types.map((part) => JSON.stringify(kindOf(part, json, name))))];
      // The compiler's own order depends on what else it has seen.
      const [first = {}, ...others] = kinds.sort().map((kind) => JSON.parse(kind) as Json);
      return others.length === 0 ? first : { oneOf: [first, ...others] };
    }
    const item = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
    if (item !== undefined) return { type: "array", items: kindOf(item, json?.["items"] as Json, name) };
    const value = type.getStringIndexType();
    if (value !== undefined) {
      return { type: "object", additionalProperties: kindOf(value, json?.["additionalProperties"] as Json, name) };
    }
    return referTo(type, json, nameOf(type) || name);
  }

  function referTo(type: ts.Type, json: Json | undefined, name: string): Json {
    const token = `codex-workspace:index:${name}`;
    if (!(token in types)) {
      const required = type.getProperties().filter(({ flags }) => (flags & ts.SymbolFlags.Optional) === 0);
      types[token] = {
        type: "object",
        description: describe(type.symbol),
        properties: propertiesOf(type, json),
        ...(required.length > 0 && { required: required.map((property) => property.name) }),
      };
    }
    return { $ref: `#/types/${token}` };
  }

  function describe(symbol: ts.Symbol, type?: ts.Type): string | undefined {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    const fallback = symbol.getJsDocTags(checker).find(({ name }) => name === "default")?.text;
    const words = type === undefined ? [] : literalsOf(type).sort();
    const sentences = [
      text,
      words.length > 0 && `One of ${words.map((word) => `\`${word}\``).join(", ")}.`,
      fallback && `Default: ${ts.displayPartsToString(fallback).replace(/^- /, "")}.`,
    ].filter(Boolean);
    return sentences.length === 0 ? undefined : sentences.join(" ").replaceAll("\n", " ");
  }

  function literalsOf(type: ts.Type): string[] {
    if (type.isUnion()) return type.types.flatMap(literalsOf);
    if (type.isStringLiteral()) return [type.value];
    const item = is(type, ts.TypeFlags.StringLike) ? undefined : checker.getIndexTypeOfType(type, ts.IndexKind.Number);
    return item === undefined ? [] : literalsOf(item);
  }
}

const schemaOptions = { io: "input", unrepresentable: "any" } as const;

function propertyOf(json: Json | undefined, name: string): Json | undefined {
  return (json?.["properties"] as Readonly<Record<string, Json>> | undefined)?.[name];
}

function is(type: ts.Type, flags: ts.TypeFlags): boolean {
  return (type.flags & flags) !== 0;
}

/** `Secret`, `{ env }`, `{ file }`, and what is one of them. */
function isSecret(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.every(isSecret);
  const [first, ...others] = type.getProperties();
  const name = type.getSymbol()?.name;
  const isReference = name === "__type" && others.length === 0 && /^(env|file)$/.test(first?.name ?? "");
  return isReference || name === "Secret";
}

/** Of an interface without our ending; nothing for a type without a name. */
function nameOf(type: ts.Type): string {
  const name = type.symbol.name.replace(/Spec$/, "");
  return name === "__type" ? "" : name;
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** The component's own words for what it returns. */
function outputs(): Json {
  const source = ts.createSourceFile(componentFile, readFileSync(componentFile, "utf8"), ts.ScriptTarget.Latest, true);
  const component = source.statements.find(ts.isClassDeclaration);
  const properties = (component?.members ?? []).flatMap((member) => {
    const text = ts.isPropertyDeclaration(member) ? member.type?.getText() : undefined;
    const kind = /^pulumi\.Output<(\w+)>$/.exec(text ?? "")?.[1];
    if (kind === undefined || member.name === undefined) return [];
    const name = member.name.getText();
    const [comment] = ts.getJSDocCommentsAndTags(member);
    const description = ts.getTextOfJSDocComment(comment?.comment);
    return [[name, { type: kind, description, ...(name === "token" && { secret: true }) }] as const];
  });
  return {
    description: ts.getTextOfJSDocComment(component && ts.getJSDocCommentsAndTags(component)[0]?.comment),
    properties: Object.fromEntries(properties),
    required: properties.map(([name]) => name),
  };
}
