import { visibleText } from "./visible-text.ts";

/** Returns a value as JSON on one line, without a character that acts on a terminal. Secrets show as `[secret]`. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? String(item) : item));
  return visibleText(text);
}
