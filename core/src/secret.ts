const redacted = "[secret]";

/**
 * A value that cannot be printed or serialised by accident: template strings, `JSON.stringify`, `util.inspect` and
 * loggers all see `[secret]`. Only {@link Secret.reveal} gives the value, so every use of it can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  /** Node's `util.inspect`, and so `console.log`, asks for this. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return redacted;
  }
}

/** Where a secret is, in a text that may be printed: an environment variable or a file of whoever provisions. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** Returns the end of a message about an input that takes no secret and received one; `undefined` for another value. */
export function receivedSecret(value: unknown): string | undefined {
  const received =
    value instanceof Secret ? "a secret" : isSecretReference(value) ? "a reference to a secret" : undefined;
  return received && `, got ${received}: this input takes no secret, because it is stored and printed in clear`;
}

/** Whether a value of any shape is `{ env: NAME }` or `{ file: PATH }`. */
export function isSecretReference(value: unknown): value is SecretReference {
  if (typeof value !== "object" || value === null) return false;
  const [[key, text] = [], ...others] = Object.entries(value);
  return others.length === 0 && (key === "env" || key === "file") && typeof text === "string" && text !== "";
}
