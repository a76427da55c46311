import { jsonFault } from "@codex-workspace/core/json-bounds";

/** Levels of a frame that Codex reads: its JSON reader stops at 128 (observed on 0.171). */
const readableLevels = 120;

/** Bytes of a message that Codex reads: it closes the connection at one of more than 64 MiB (observed on 0.171). */
const readableBytes = 63 * 1024 ** 2;

/** A message that Codex cannot read. It would be left without an answer, or end the connection of all sessions. */
export class UnreadableFrame extends Error {
  override readonly name = "UnreadableFrame";
}

/**
 * Returns the text of a frame.
 *
 * @throws UnreadableFrame
 */
export function encodeFrame(frame: unknown): Buffer {
  const fault = jsonFault(frame, { levels: readableLevels });
  if (fault !== undefined) throw new UnreadableFrame(`Codex cannot read it: ${fault.message}`);
  const bytes = Buffer.from(JSON.stringify(frame));
  if (bytes.length > readableBytes)
    throw new UnreadableFrame(`Codex cannot read it: ${bytes.length} bytes, of at most ${readableBytes}`);
  return bytes;
}
