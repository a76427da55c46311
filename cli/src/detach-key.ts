/**
 * Ctrl-], as terminals send it: the byte, or a sequence where the program (Codex does) has asked for the kitty or xterm
 * keyboard protocol. Kitty's modifiers say Caps Lock (64) and Num Lock (128) too.
 */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const detachKey = /\x1d|\x1b\[93(?::\d*)*;(?:5|69|133|197)(?::1)?u|\x1b\[27;5;93~/;

/** What was typed before the detach key, or nothing when it was not typed. */
export function beforeDetachKey(typed: Uint8Array): Uint8Array | undefined {
  const { index } = detachKey.exec(Buffer.from(typed).toString("latin1")) ?? {};
  return index === undefined ? undefined : typed.subarray(0, index);
}

/**
 * Puts a terminal back that a program may have left as it needed it: keyboard protocols, bracketed paste, mouse, focus
 * reports, the alternate screen, synchronised output, colours, the cursor.
 */
export const restoreTerminal =
  "\x1b[<u\x1b[>4;0m\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2026l\x1b[?1049l\x1b[0m\x1b[?25h\r\n";
