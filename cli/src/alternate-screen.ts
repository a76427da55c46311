const enter = "\x1b[?1049h";
/** Switches between the screens, and RIS, which leaves the alternate one too. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const switches = /\x1b\[\?(?:47|1047|1049)[hl]|\x1bc/g;
// eslint-disable-next-line no-control-regex -- likewise
const begunSwitch = /\x1b(?:\[(?:\?[0-9]{0,4})?)?$/;

/**
 * Keeps a program's output on the alternate screen of a person's terminal, so that the own screen is as it was when the
 * person leaves or the program ends. Without it, what a program writes after it has left its own alternate screen stays.
 */
export class AlternateScreen {
  #rest = "";
  #hasEntered = false;

  /** Returns the bytes to write. A switch may come in two pieces. */
  add(bytes: Uint8Array): Buffer {
    const text = this.#rest + Buffer.from(bytes).toString("latin1");
    this.#rest = begunSwitch.exec(text)?.[0] ?? "";
    const whole = text.slice(0, text.length - this.#rest.length);
    const shown = whole.replaceAll(switches, (found) => (found === "\x1bc" ? found + enter : ""));
    const entering = this.#hasEntered ? "" : enter;
    this.#hasEntered = true;
    return Buffer.from(entering + shown, "latin1");
  }
}
