import { PassThrough, type Readable } from "node:stream";
import type Docker from "dockerode";

/** What a container has written to its two outputs, of the frames that the engine sends it in. */
export function unframed(docker: Docker, source: NodeJS.ReadableStream): Readable {
  const output = new PassThrough();
  docker.modem.demuxStream(source, output, output);
  source.once("end", () => output.end());
  source.once("error", () => output.end());
  return output;
}
