import { expect, test } from "vitest";
import { AlternateScreen } from "./alternate-screen.ts";

const enter = "\x1b[?1049h";

test("enters once, and never leaves by what a program writes", () => {
  const screen = new AlternateScreen();
  const written = ["\x1b[?1049hdrawn", "\x1b[?1049lfarewell\x1b[?47h"].map((text) =>
    screen.add(Buffer.from(text)).toString(),
  );
  expect(written).toEqual([`${enter}drawn`, "farewell"]);
});

test("takes a switch out wherever it is cut, and nothing else", () => {
  const text = "a\x1b[?1049lé\x1b[?25h\x1b[?1047hb\x1b[2J";
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const screen = new AlternateScreen();
    const shown = Buffer.concat([screen.add(bytes.subarray(0, cut)), screen.add(bytes.subarray(cut))]).toString();
    expect(shown, `cut at ${cut}`).toBe(`${enter}aé\x1b[?25hb\x1b[2J`);
  }
});

test("comes back after a reset", () => {
  expect(new AlternateScreen().add(Buffer.from("\x1bcx")).toString()).toBe(`${enter}\x1bc${enter}x`);
});
