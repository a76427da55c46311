import { hashOfFile } from "@codex-workspace/core";
import { escapeTemplate } from "../escape-template.ts";

/** What stands for a variable in the texts of a plan, until Terraform has its value. */
export interface Placeholder {
  /** Nothing else in those texts is the same. Of two that begin alike the longer one comes first. */
  readonly text: string;
  /** Of Terraform: what comes in its place. */
  readonly expression: string;
  /** Those of the expression, by name. */
  readonly variables: readonly string[];
  /** Of Terraform: whether there is such a line at all. @default always */
  readonly lineIf?: string;
}

/** Texts with placeholders, as templates of Terraform. */
export class Template {
  readonly #placeholders: ReadonlyMap<string, Placeholder>;
  readonly #any: RegExp;

  constructor(placeholders: readonly Placeholder[]) {
    this.#placeholders = new Map(placeholders.map((placeholder) => [placeholder.text, placeholder]));
    this.#any = new RegExp(`(${placeholders.map(({ text }) => text.replaceAll(/[.$]/g, "\\$&")).join("|")})`);
  }

  text(plain: string): string {
    return plain
      .split(/(?<=\n)/)
      .map((line) => this.#line(line))
      .join("");
  }

  /** An expression of what is another one whenever the text is. */
  hash(plain: string): string {
    const found = [...this.#placeholders.values()].filter(({ text }) => plain.includes(text));
    const variables = [...new Set(found.flatMap((placeholder) => placeholder.variables))];
    const own = hashOfFile(plain);
    if (variables.length === 0) return own;
    return `\${sha256(jsonencode(["${own}", ${variables.map((name) => `var.${name}`).join(", ")}]))}`;
  }

  #line(line: string): string {
    const parts = line.split(this.#any);
    const text = parts
      .map((part) => {
        const placeholder = this.#placeholders.get(part);
        return placeholder === undefined ? escapeTemplate(part) : `\${${placeholder.expression}}`;
      })
      .join("");
    const condition = parts.map((part) => this.#placeholders.get(part)?.lineIf).find((lineIf) => lineIf !== undefined);
    return condition === undefined ? text : `%{ if ${condition} }${text}%{ endif }`;
  }
}
