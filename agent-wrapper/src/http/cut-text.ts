/** The part of the room that the beginning gets: it says which message this is; the end says what it came to. */
const shareOfBeginning = 1 / 8;

/**
 * A text that takes at most `maxBytes` of JSON: the text itself or, where that is too long, its beginning and its end with
 * a note between them that says what was left out and where the whole is.
 */
export function cutText(text: string, maxBytes: number, whereWhole: string): string {
  if (text.length * maxBytesOfUnit <= maxBytes || jsonBytes(text) <= maxBytes) return text;
  const noteOf = (left: number): string => `\n\n[… ${left} characters are left out here: ${whereWhole} …]\n\n`;
  const room = maxBytes - jsonBytes(noteOf(text.length));
  const beginning = fitting(text, room * shareOfBeginning, 1);
  const end = fitting(text, room - jsonBytes(beginning), -1);
  return `${beginning}${noteOf(text.length - beginning.length - end.length)}${end}`;
}

/** A control character: `\u0000`. */
const maxBytesOfUnit = 6;

/** As much of a text as takes at most `room` bytes of JSON, from its beginning (1) or its end (-1). */
function fitting(text: string, room: number, direction: 1 | -1): string {
  let from = direction === 1 ? 0 : text.length;
  for (let bytes = 0; direction === 1 ? from < text.length : from > 0;) {
    // A pair of surrogates stays together.
    const codePoint = text.codePointAt(direction === 1 ? from : from - (isPairAt(text, from - 2) ? 2 : 1)) ?? 0;
    bytes += jsonBytesOf(codePoint);
    if (bytes > room) break;
    from += direction * (codePoint > 0xffff ? 2 : 1);
  }
  return direction === 1 ? text.slice(0, from) : text.slice(from);
}

function isPairAt(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}

/** What a text takes inside the quotes of JSON, as UTF-8. */
function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function jsonBytesOf(codePoint: number): number {
  if (codePoint < 0x20) return "\b\t\n\f\r".includes(String.fromCharCode(codePoint)) ? 2 : maxBytesOfUnit;
  if (codePoint === 0x22 || codePoint === 0x5c) return 2;
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return maxBytesOfUnit;
  return codePoint < 0x10000 ? 3 : 4;
}
