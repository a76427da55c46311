/**
 * What terminals answer by themselves when a program asks: cursor position, device attributes, keyboard protocol,
 * colours, version. Our emulator has answered already, once; every attached terminal answers again, as if typed.
 */
const replies = new RegExp(
  [
    "\\x1b\\[\\d+;\\d+R",
    "\\x1b\\[[?>][\\d;]*[cu]",
    "\\x1b\\]1[01];[^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)",
    "\\x1bP>\\|[^\\x1b]*\\x1b\\\\",
  ].join("|"),
  "g",
);

/** What a person typed, without what their terminal answered. */
export function withoutReplies(bytes: Buffer): Buffer {
  if (!bytes.includes(0x1b)) return bytes;
  // Latin-1 keeps every byte, also those of a character that is cut in two.
  return Buffer.from(bytes.toString("latin1").replace(replies, ""), "latin1");
}
