/**
 * Control, format, private, unassigned and blank characters other than the space: a terminal acts on some, a reader sees
 * none. The last five are letters that draw nothing.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}|[\u115f\u1160\u2800\u3164\uffa0]/gu;

/** Returns the text with every character that a terminal acts on, or that a reader cannot see, as `\u{…}`. */
export function visibleText(text: string): string {
  return text.replace(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
