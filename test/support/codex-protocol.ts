import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";

/** Unions of app-server's protocol, each member with a `method`. */
export type MessageKind = "ClientRequest" | "ServerNotification" | "ServerRequest";

/** Returns the protocol of a Codex, as `codex app-server generate-ts` prints it. */
export async function readProtocol(codexProgram: string): Promise<CodexProtocol> {
  const scratch = await mkdtemp(join(tmpdir(), "codex-workspace-protocol-"));
  try {
    const [home, out] = [join(scratch, "home"), join(scratch, "ts")];
    await mkdir(home);
    const env = { PATH: process.env["PATH"], HOME: scratch, CODEX_HOME: home };
    await promisify(execFile)(codexProgram, ["app-server", "generate-ts", "--experimental", "--out", out], { env });
    return new CodexProtocol(out);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The TypeScript declarations of one version. All files are read by the constructor. */
export class CodexProtocol {
  readonly #checker: ts.TypeChecker;
  readonly #exports = new Map<string, ts.Type>();

  constructor(directory: string) {
    const program = ts.createProgram([join(directory, "index.ts"), join(directory, "v2", "index.ts")], {
      lib: ["lib.es5.d.ts"],
      types: [],
      strict: true,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      module: ts.ModuleKind.ESNext,
    });
    this.#checker = program.getTypeChecker();
    for (const file of program.getSourceFiles()) {
      for (const symbol of this.#exportsOf(file)) {
        if ((symbol.flags & ts.SymbolFlags.TypeAlias) === 0) continue;
        this.#exports.set(symbol.name, this.#checker.getDeclaredTypeOfSymbol(symbol));
      }
    }
  }

  /** The methods of a kind of message, sorted. */
  methods(kind: MessageKind): string[] {
    return partsOf(this.#exports.get(kind))
      .flatMap((member) => this.literals(this.property(member, "method")))
      .sort();
  }

  /** The parameters of a message; undefined where this version has no such method. */
  params(kind: MessageKind, method: string): ts.Type | undefined {
    return this.property(this.member(kind, "method", method), "params");
  }

  /** The result of a request, whose type has the name of its parameters' type. */
  result(kind: MessageKind, method: string): ts.Type | undefined {
    const params = this.params(kind, method);
    return params && this.#exports.get(String(params.aliasSymbol?.name).replace(/Params$/, "Response"));
  }

  /** The member of a named union whose field has that value. */
  member(union: string, field: string, value: string): ts.Type | undefined {
    return partsOf(this.#exports.get(union)).find((one) => this.literals(this.property(one, field)).includes(value));
  }

  /** The type of a field, without `undefined`; undefined where the type has no such field. */
  property(type: ts.Type | undefined, name: string): ts.Type | undefined {
    // The members of a union agree on what we read.
    const [found] = this.#membersOf(type).flatMap((member) => member.getProperty(name) ?? []);
    return found && this.#checker.getTypeOfSymbol(found);
  }

  /** Whether a message can lack the field, or have `null` in its place. */
  isOptional(type: ts.Type | undefined, name: string): boolean {
    return this.#membersOf(type).some((member) => {
      const symbol = member.getProperty(name);
      if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Optional) !== 0) return true;
      return partsOf(this.#checker.getTypeOfSymbol(symbol)).some(isNull);
    });
  }

  /** The element of an array. */
  element(type: ts.Type | undefined): ts.Type | undefined {
    const array = partsOf(type).find((part) => this.#isArray(part));
    return array && this.#checker.getTypeArguments(array as ts.TypeReference)[0];
  }

  /** The strings that a type lists; none for one that takes any string. */
  literals(type: ts.Type | undefined): string[] {
    return partsOf(type).flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
  }

  /** A field's type as text, over all members of a union, as deep as asked; deeper types are names. */
  showField(type: ts.Type | undefined, name: string, depth: number): string {
    const found = this.#membersOf(type).flatMap((member) => member.getProperty(name) ?? []);
    const shown = found.map((symbol) => this.show(this.#checker.getTypeOfSymbol(symbol), depth));
    return shown.length === 0 ? "absent" : [...new Set(shown)].sort().join(" | ");
  }

  /** A type as text. */
  show(type: ts.Type | undefined, depth: number): string {
    if (type === undefined) return "absent";
    if ((type.flags & ts.TypeFlags.Boolean) !== 0) return "boolean";
    const shown = partsOf(type)
      .filter((part) => (part.flags & ts.TypeFlags.Undefined) === 0)
      .map((part) => this.#showPart(part, depth));
    return [...new Set(shown)].sort().join(" | ");
  }

  #showPart(type: ts.Type, depth: number): string {
    const fields = type.getProperties();
    if (depth > 0 && this.#isArray(type)) return `Array<${this.show(this.element(type), depth - 1)}>`;
    if (depth === 0 || fields.length === 0 || (type.flags & ts.TypeFlags.Object) === 0) {
      return this.#checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
    }
    const shown = fields.map((field) => {
      const mark = (field.flags & ts.SymbolFlags.Optional) !== 0 ? "?" : "";
      return `${field.name}${mark}: ${this.show(this.#checker.getTypeOfSymbol(field), depth - 1)}`;
    });
    return `{ ${shown.join(", ")} }`;
  }

  #membersOf(type: ts.Type | undefined): ts.Type[] {
    return partsOf(type).filter((part) => !isNull(part));
  }

  #isArray(type: ts.Type): boolean {
    return type.getSymbol()?.name === "Array";
  }

  #exportsOf(file: ts.SourceFile): ts.Symbol[] {
    const module = this.#checker.getSymbolAtLocation(file);
    return module === undefined ? [] : this.#checker.getExportsOfModule(module);
  }
}

function partsOf(type: ts.Type | undefined): ts.Type[] {
  if (type === undefined) return [];
  return type.isUnion() ? type.types : [type];
}

function isNull(type: ts.Type): boolean {
  return (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0;
}
