import type { Problem, WorkspaceError } from "@codex-workspace/core";
import { InputPropertiesError } from "@pulumi/pulumi";

/** All problems of the args, told once: without a stack, which is of no use to whoever wrote them. */
export class ArgsError extends InputPropertiesError {
  /** What Pulumi tells without "unhandled exception" has this mark, whichever copy of the SDK it is of. */
  readonly __pulumiRunError = true;

  constructor(name: string, problems: readonly Problem[]) {
    const errors = problems.map(({ path, message }) => ({ propertyPath: path, reason: message }));
    super({ message: `the Codex workspace "${name}" cannot be made of these args`, errors });
    const lines = errors.map(({ propertyPath, reason }) => `\n  ${propertyPath}: ${reason}`);
    const text = `${this.message}:${lines.join("")}`;
    this.stack = text;
    // The SDK writes before it the name of every property that has waited for the args in vain.
    Object.defineProperty(this, "message", { get: () => text, set: () => undefined });
  }
}

/** What a failure says of the args. */
export function problemsOf({ problems, message, remedy }: WorkspaceError): readonly Problem[] {
  return problems.length > 0 ? problems : [{ path: "args", message: `${message}. ${remedy}` }];
}

/** Whether a problem may be gone once what comes later has come: it is about that, a part of it, or what it is a part of. */
export function mayBeOf({ path }: Problem, later: readonly string[]): boolean {
  return later.some((part) => path === "spec" || isWithin(part, path) || isWithin(path, part));
}

function isWithin(path: string, whole: string): boolean {
  return path === whole || path.startsWith(`${whole}.`) || path.startsWith(`${whole}[`);
}
