import { posix } from "node:path";
import { containerPaths, type FileRequest, hashOfFile } from "@codex-workspace/core";
import type { PreparedWorkspace } from "@codex-workspace/provisioning";
import { Fn, TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import { escapeTemplate } from "./escape-template.ts";
import { syntaxOf } from "./later-problems.ts";
import type { LaterText } from "./later-values.ts";
import { plainContent } from "./plain-content.ts";

/** What Terraform knows of a plan, and the plan does not. */
export interface LaterInputs {
  readonly texts: readonly LaterText[];
  /** Paths of files that have a secret each. */
  readonly secretFiles: readonly LaterText[];
}

/** What Terraform computes in the place of a planned text: as it is, and between the quotes of a string in JSON or TOML. */
interface Place {
  readonly plain: string;
  readonly quoted: string;
}

/** Props that become programs. */
const scripts: readonly string[] = ["preInstallScript", "postInstallScript"];

/** As the plan does it. The CRLF is in base64, because a carriage return in an expression is no character of HCL. */
function withUnixLines(text: string): string {
  return Fn.replace(text, Fn.base64decode("DQo="), "\n");
}

/**
 * The texts of a plan as Terraform has to be given them: with values that it alone knows in the places of what stood for them,
 * and hashes that depend on those computed by itself. All else is escaped.
 */
export class TerraformTexts {
  readonly #locals: Construct;
  readonly #places = new Map<string, Place>();
  readonly #contents = new Map<string, string>();
  readonly #secretFiles: ReadonlyMap<string, string>;

  constructor(scope: Construct, { texts, secretFiles }: LaterInputs, prepared: PreparedWorkspace) {
    this.#locals = new Construct(scope, "values");
    this.#secretFiles = new Map(secretFiles.map(({ planned, value }) => [planned, value]));
    for (const { planned, value } of secretFiles) {
      this.#addPlace(hashOfFile(planned), Fn.sha256(Fn.trimspace(Fn.file(value))));
    }
    for (const { path, planned, value } of texts) {
      const local = this.#local(path, escapeTemplate(value));
      const plain = scripts.includes(path) ? withUnixLines(local) : local;
      this.#places.set(planned, { plain, quoted: withoutQuotes(Fn.jsonencode(plain)) });
    }
    const files = prepared.requests.containers.flatMap((container) => container.files);
    const configured = texts.filter(({ planned }) =>
      files.some((file) => isOfConfiguration(file) && plainContent(file).includes(planned)),
    );
    if (configured.length > 0) {
      const { configHash } = prepared;
      const values = configured.map(({ planned }) => this.text(planned));
      this.#addPlace(configHash, Fn.sha256(Fn.jsonencode([configHash, ...values])));
    }
    // The manifest is the last of them, and has the hashes of the others.
    for (const file of files) this.#addFile(file);
  }

  /** A text of the plan that is neither JSON nor TOML. */
  readonly text = (planned: string): string => this.#restore(planned, "plain");

  /** Whether Terraform knows something of the text that the plan does not. */
  isLater(planned: string): boolean {
    return this.#places.size > 0 && this.#pattern().test(planned);
  }

  /** The SHA-256 (hex) of a text that is JSON, which tells whether it changes. */
  hash(name: string, planned: string): string {
    return this.isLater(planned) ? Fn.sha256(this.#local(name, this.#restore(planned, "quoted"))) : hashOfFile(planned);
  }

  /** The content of a file, where Terraform fills it in. */
  content({ path }: FileRequest): string | undefined {
    return this.#contents.get(path);
  }

  /** Where the secret is that is all of a file, where Terraform alone knows that. */
  secretFile(file: FileRequest): string | undefined {
    return this.#secretFiles.get(plainContent(file));
  }

  #addFile(file: FileRequest): void {
    const planned = plainContent(file);
    if (!this.isLater(planned)) return;
    const content = this.#local(posix.basename(file.path), this.#restore(planned, syntaxOf(file) ?? "plain"));
    this.#contents.set(file.path, content);
    this.#addPlace(hashOfFile(planned), Fn.sha256(content));
  }

  #addPlace(planned: string, hash: string): void {
    this.#places.set(planned, { plain: hash, quoted: hash });
  }

  #restore(planned: string, syntax: keyof Place): string {
    if (this.#places.size === 0) return escapeTemplate(planned);
    const parts = planned.split(this.#pattern());
    return parts.map((part) => this.#places.get(part)?.[syntax] ?? escapeTemplate(part)).join("");
  }

  /** Letters, digits and `-/@:` alone: nothing that a pattern takes for something else. */
  #pattern(): RegExp {
    return new RegExp(`(${[...this.#places.keys()].join("|")})`);
  }

  /** So that a text is written once, and a function has no text to quote. */
  #local(name: string, text: string): string {
    return new TerraformLocal(this.#locals, encodeURIComponent(name), text).asString;
  }
}

function isOfConfiguration({ path }: FileRequest): boolean {
  return path.startsWith(`${containerPaths.config}/`);
}

function withoutQuotes(json: string): string {
  const quote = Fn.rawString('"');
  return Fn.trimsuffix(Fn.trimprefix(json, quote), quote);
}
