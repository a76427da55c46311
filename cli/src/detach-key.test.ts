import { expect, test } from "vitest";
import { beforeDetachKey } from "./detach-key.ts";

test.each([
  ["the byte", "abc\x1d"],
  ["kitty's sequence", "abc\x1b[93;5u"],
  ["kitty's sequence with event type and other layouts", "abc\x1b[93::43;5:1u"],
  ["kitty's sequence with Num Lock", "abc\x1b[93;133u"],
  ["xterm's sequence", "abc\x1b[27;5;93~rest"],
])("Ctrl-] as %s ends what was typed", (_how, typed) => {
  expect(Buffer.from(beforeDetachKey(Buffer.from(typed)) ?? "none").toString()).toBe("abc");
});

test.each([["]"], ["\x1b[93;3u"], ["\x1b[93;5:3u"], ["\x1b[193;5u"], ["grüße"]])(
  "%j is typed, not left with",
  (typed) => {
    expect(beforeDetachKey(Buffer.from(typed))).toBeUndefined();
  },
);
