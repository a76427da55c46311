import { type Problem, renderKeyPath } from "@codex-workspace/core";
import { Token } from "cdktf";

/** A text that is known only when Terraform runs, and what stands for it in the plan. */
export interface LaterText {
  /** Of the prop. */
  readonly path: string;
  /** Found in a text of the plan, it is this one and nothing else. */
  readonly planned: string;
  /** The whole prop, with CDKTF's tokens in it. */
  readonly value: string;
}

export interface StoodIn {
  /** The props, as they can be planned. */
  readonly value: unknown;
  readonly texts: readonly LaterText[];
  /** The tokens of the numbers that no plan depends on, by path. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Tokens of another kind, on which the plan would depend. */
  readonly refused: readonly Problem[];
}

/** What stands for a number: port 0 is one that is not known either. */
const plannedNumbers: Readonly<Record<string, number>> = { "api.port": 0, waitTimeoutSeconds: 1 };

/** Where not every text will do, what one has to look like. */
const shapes: Readonly<Record<string, (name: string) => string>> = {
  "image.prebuilt": (name) => `${name}@sha256:${"0".repeat(64)}`,
  "project.bind": (name) => `/${name}`,
};

/** Puts something that can be planned in the place of all that is known only when Terraform runs. */
export function standIn(props: object): StoodIn {
  const texts: LaterText[] = [];
  const numbers: Record<string, number> = {};
  const refused: Problem[] = [];
  const visit = (value: unknown, path: string): unknown => {
    if (typeof value === "string" && Token.isUnresolved(value)) {
      const name = `terraform-value-7c1f0a93-${String(texts.length).padStart(4, "0")}`;
      const planned = shapes[path]?.(name) ?? name;
      texts.push({ path, planned, value });
      return planned;
    }
    if (Token.isUnresolved(value)) {
      const planned = plannedNumbers[path];
      if (typeof value === "number" && planned !== undefined) numbers[path] = value;
      else refused.push(decided(path));
      return planned;
    }
    if (Array.isArray(value)) return value.map((item, index) => visit(item, `${path}[${index}]`));
    if (!isPlainObject(value)) return value;
    const entries = Object.entries(value).map(([key, inner]) => {
      if (Token.isUnresolved(key)) refused.push(decided(path));
      const name = renderKeyPath([key]);
      return [key, visit(inner, path === "" ? name : `${path}.${name}`)] as const;
    });
    return Object.fromEntries(entries);
  };
  return { value: visit(props, ""), texts, numbers, refused };
}

/** What is wrong with a value of Terraform's where the plan is made of it. */
export function decided(path: string): Problem {
  const message = "decides what there is, and is known only when Terraform runs: give a value that the program knows";
  return { path, message };
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
