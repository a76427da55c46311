/** Shorter lines of a secret are in other texts too. */
const tellingLength = 8;

/** Takes known secrets out of text that others wrote: whole, and where they have several lines, line by line too. */
export function redacting(secrets: readonly string[]): (text: string) => string {
  const lines = secrets.flatMap((secret) => secret.split("\n").map((line) => line.trim()));
  const known = [...secrets, ...lines.filter((line) => line.length >= tellingLength)].filter((text) => text !== "");
  // A secret that holds another is taken out first.
  const longestFirst = [...new Set(known)].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

/** Takes the secrets that it knows out of a text; it learns more with each configuration, and forgets none. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #redact = redacting([]);

  add(secrets: readonly string[]): void {
    for (const secret of secrets) this.#secrets.add(secret);
    this.#redact = redacting([...this.#secrets]);
  }

  readonly redact = (text: string): string => this.#redact(text);
}

/** A line of JSON with its strings changed, and nothing of its form. */
export function inStrings(line: string, change: (text: string) => string): string {
  const changed: unknown = JSON.parse(line, (_, value: unknown) => (typeof value === "string" ? change(value) : value));
  return `${JSON.stringify(changed)}\n`;
}
