import type { Problem } from "@codex-workspace/core";
import { type GrantKey, grantKeyProblems } from "./grant-keys.ts";

/** What a component or construct takes beside the spec. */
export interface OwnInputs {
  /** Names containers, network and volumes, so no other workspace of its Docker host has it. */
  readonly workspaceName: string;
  /** Answer from the scripted demo model instead of `modelProvider`: without a key. @default false */
  readonly demoModel: boolean;
  /** The key of each of the spec's `grants`, by its name. @default {} */
  readonly grantKeys: Readonly<Record<string, GrantKey>>;
  /**
   * `reload`: a change of the configuration is taken over by the session that runs. `replace`: the container is replaced.
   * @default "reload"
   */
  readonly onConfigChange: "reload" | "replace";
  /** Keep the volumes of the conversation and the project when the workspace is destroyed. @default true */
  readonly retainHome: boolean;
  /** How long it may take until the session takes prompts, in seconds. @default 120 */
  readonly waitTimeoutSeconds: number;
}

/** Those of them that are written in the same way wherever they are given. */
export type OwnOptions = Optional<
  Pick<OwnInputs, "demoModel" | "onConfigChange" | "retainHome" | "waitTimeoutSeconds">
>;

type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** Of all but the name, which each way to provision makes of its own. */
export const ownInputDefaults: Omit<OwnInputs, "workspaceName"> = {
  demoModel: false,
  grantKeys: {},
  onConfigChange: "reload",
  retainHome: true,
  waitTimeoutSeconds: 120,
};

/**
 * Inputs of any shape, taken apart: these with their defaults, and the spec that is left without them.
 *
 * @param nameOf - the name, where none is given
 */
export function takeOwnInputs(
  inputs: object,
  nameOf: () => string,
): { readonly own: OwnInputs; readonly spec: object } {
  const {
    workspaceName = nameOf(),
    demoModel = ownInputDefaults.demoModel,
    grantKeys = ownInputDefaults.grantKeys,
    onConfigChange = ownInputDefaults.onConfigChange,
    retainHome = ownInputDefaults.retainHome,
    waitTimeoutSeconds = ownInputDefaults.waitTimeoutSeconds,
    ...spec
  } = inputs as Partial<OwnInputs>;
  return { own: { workspaceName, demoModel, grantKeys, onConfigChange, retainHome, waitTimeoutSeconds }, spec };
}

/** What is wrong with them: they come from JavaScript too. */
export function ownProblems(own: OwnInputs): Problem[] {
  const expected: Readonly<Record<Exclude<keyof OwnInputs, "grantKeys">, readonly [isRight: boolean, what: string]>> = {
    workspaceName: [
      /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(own.workspaceName),
      "up to 63 letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
    ],
    demoModel: [typeof own.demoModel === "boolean", "true or false"],
    onConfigChange: [["reload", "replace"].includes(own.onConfigChange), '"reload" or "replace"'],
    retainHome: [typeof own.retainHome === "boolean", "true or false"],
    waitTimeoutSeconds: [
      Number.isInteger(own.waitTimeoutSeconds) && own.waitTimeoutSeconds > 0,
      "a whole number of seconds above 0",
    ],
  };
  const problems = Object.entries(expected).flatMap(([path, [isRight, what]]) =>
    isRight ? [] : [{ path, message: `expected ${what}, got ${JSON.stringify(own[path as keyof OwnInputs])}` }],
  );
  return [...problems, ...grantKeyProblems(own.grantKeys)];
}
