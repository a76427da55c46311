/**
 * Control, format, private, unassigned and blank characters other than the space: a terminal acts on some, a reader sees
 * none. The last five are letters that draw nothing.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}|[\u115f\u1160\u2800\u3164\uffa0]/gu;

/** Returns the text with every character that a terminal acts on, or that a reader cannot see, as JSON's `\u001b`. */
export function visibleText(text: string): string {
  return text.replace(unseen, (character) =>
    Array.from({ length: character.length }, (_, index) => escaped(character.charCodeAt(index))).join(""),
  );
}

function escaped(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, "0")}`;
}
