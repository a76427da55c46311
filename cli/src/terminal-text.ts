/**
 * Characters that a terminal obeys or that hide the order of a text: C0 but tab and newline, DEL, C1, and the controls
 * that override or isolate the direction of writing.
 */
const controls = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** What a chunk cannot decide alone: a CR may belong to CRLF, half a surrogate pair to the next chunk. */
const undecided = /[\r\ud800-\udbff]$/;

/**
 * Text of others for a person's terminal. Control characters become visible as `\u001b`, which is also how JSON writes
 * them: one JSON object stays one, with the same meaning. CRLF becomes a newline.
 */
export class TerminalText {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #held = "";

  /** Returns what can be shown of the text so far; the last character can wait for the next chunk. */
  add(chunk: string | Uint8Array): string {
    const text = this.#held + this.#decode(chunk);
    const end = undecided.test(text) ? text.length - 1 : text.length;
    this.#held = text.slice(end);
    return show(text.slice(0, end));
  }

  /** Returns what waited for a next chunk. */
  end(): string {
    const rest = this.#held + this.#decoder.decode();
    this.#held = "";
    return show(rest);
  }

  /** Bytes that are no UTF-8 become U+FFFD: some terminals take a single byte 0x9b for an escape sequence. */
  #decode(chunk: string | Uint8Array): string {
    if (typeof chunk !== "string") return this.#decoder.decode(chunk, { stream: true });
    return this.#decoder.decode() + chunk;
  }
}

function show(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(controls, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
