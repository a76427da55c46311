import type { IncomingMessage } from "node:http";
import { posix } from "node:path";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import type { KeptFile, ReceivedFile, Uploads } from "../files/uploads.ts";
import { HttpProblem } from "./problem.ts";

const maxNameBytes = 255;

/**
 * Stores the one file of a multipart form, its part `file`, and returns the path. Nothing stays of a form that is refused,
 * or that `note` throws at: it is told of the file just before it is there. A file of exactly `maxMiB` is taken.
 *
 * @throws HttpProblem 400 or 422
 * @throws WorkspaceError `UPLOADS_FULL`
 */
export async function receiveUpload(
  request: IncomingMessage,
  uploads: Uploads,
  maxMiB: number,
  note: (file: KeptFile) => void,
): Promise<string> {
  const form = new Form(request, uploads, maxMiB);
  try {
    await form.parsed;
    if (form.files === 0) throw invalid("File required", "file");
    if (form.files > 1) throw invalid("Multiple files received but only one was expected", "file");
    if (form.isTooLarge) throw tooLarge(maxMiB);
    const file = await form.received;
    if (file === undefined) throw new Error("a form with one file has received one");
    return await file.keep(requireFileName(form.fileName), note);
  } catch (error) {
    await form.discard();
    throw error;
  }
}

class Form {
  /** How many parts were the file. */
  files = 0;
  fileName = "";
  isTooLarge = false;
  /** The first of them. */
  received: Promise<ReceivedFile> | undefined;
  /** Settles when the form has been read to its end, or cannot be. */
  readonly parsed: Promise<void>;
  #stream: BusboyFileStream | undefined;

  constructor(request: IncomingMessage, uploads: Uploads, maxMiB: number) {
    const parser = createParser(request, maxMiB);
    this.parsed = new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        request.unpipe(parser).resume();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      parser.on("file", (field, stream, fileName) => {
        if (field !== "file" || ++this.files > 1) {
          stream.resume();
          return;
        }
        this.fileName = fileName;
        this.#stream = stream.on("limit", () => (this.isTooLarge = true));
        this.received = uploads.receive(stream);
        this.received.catch(fail);
      });
      parser.once("finish", resolve);
      parser.on("error", (error) => fail(unreadable((error as Error).message)));
      request.on("error", () => fail(unreadable("unexpected end")));
    });
    request.pipe(parser);
  }

  async discard(): Promise<void> {
    this.#stream?.destroy();
    await this.received?.then(
      (file) => file.discard(),
      () => undefined,
    );
  }
}

function createParser({ headers }: IncomingMessage, maxMiB: number): InstanceType<typeof Busboy> {
  const type = headers["content-type"] ?? "";
  if (!/^multipart\/form-data\s*(;|$)/i.test(type)) throw unreadable("request Content-Type isn't multipart/form-data");
  if (!/;\s*boundary=[^;\s]/i.test(type)) throw unreadable("no multipart boundary param in Content-Type");
  try {
    return new Busboy({
      headers: { ...headers, "content-type": type },
      // A name is taken as it is but for its directories: a backslash belongs to it.
      preservePath: true,
      isPartAFile: (_field, _type, fileName) => fileName !== undefined && fileName !== "",
      limits: { fileSize: maxMiB * 1024 ** 2, fieldSize: 64 * 1024, parts: 1000 },
    });
  } catch (error) {
    // Such as a boundary of more than 256 bytes, or an empty one.
    throw unreadable((error as Error).message);
  }
}

function requireFileName(given: string): string {
  const name = posix.basename(given);
  const fits = Buffer.byteLength(name) <= maxNameBytes;
  if (name !== "" && name !== "." && name !== ".." && !name.includes("\0") && fits) return name;
  throw invalid(`expected a file name of at most ${maxNameBytes} bytes`, "file", given);
}

/** The words are AgentAPI's. */
function tooLarge(maxMiB: number): HttpProblem {
  return new HttpProblem(400, `file size exceeds ${maxMiB}MB limit`, { code: "REQUEST_INVALID" });
}

function unreadable(why: string): HttpProblem {
  return invalid(`cannot read multipart form: ${why}`, "body");
}

function invalid(message: string, location: string, value?: string): HttpProblem {
  return new HttpProblem(422, "validation failed", {
    code: "REQUEST_INVALID",
    errors: [{ message, location, ...(value !== undefined && { value }) }],
  });
}
