import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { createOutput } from "./output.ts";

/** A stream that keeps what is written to it. */
function sink(isTTY: boolean): { stream: Writable & { isTTY: boolean }; written: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), written: () => Buffer.concat(chunks).toString("latin1") };
}

const hostile = "a\x1b[2J";

test.each([
  [true, false],
  [false, true],
  [true, true],
  [false, false],
])("each stream decides for itself: standard output a terminal %s, standard error %s", async (out, err) => {
  const [stdout, stderr] = [sink(out), sink(err)];
  const { signal } = new AbortController();
  const output = createOutput({ stdout: stdout.stream, stderr: stderr.stream, signal });
  output.result(hostile);
  await output.part(Uint8Array.of(0x9b, 0xe2));
  output.note(hostile);
  output.detail(hostile);
  output.end();
  const visible = "a\\u001b[2J";
  expect(stdout.written()).toBe(
    out ? `${visible}\n${Buffer.from("\ufffd\ufffd").toString("latin1")}` : `${hostile}\n\x9b\xe2`,
  );
  expect(stderr.written()).toBe(err ? `${visible}\n  ${visible}\n` : `${hostile}\n`);
});
