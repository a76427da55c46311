/** A host in an origin may have a `*`, and brackets around an IPv6 address; nothing here ends a header's value or a list. */
const originSyntax = /^https?:\/\/[^\s/,@?#;'"\\\p{Cc}]+$/u;

/** Returns whether a text is `*` or a web origin, such as `https://*.example.com`. */
export function isOrigin(text: string): boolean {
  return text === "*" || (originSyntax.test(text) && (isAscii(text) || URL.canParse(text)));
}

/** Returns an origin as browsers send it and as headers can hold it: letters beyond ASCII become Punycode. */
export function toAsciiOrigin(origin: string): string {
  if (isAscii(origin)) return origin;
  const { protocol, host } = new URL(origin);
  return `${protocol}//${host}`;
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
