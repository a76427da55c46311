import type { ServerResponse } from "node:http";

/** Length of the text that is written at a time. */
const chunkLength = 64 * 1024;

/** An answer of which nothing was read for so long is given up, and its memory is free. */
const stalledMs = 300_000;

/** Sends a JSON body in AgentAPI's form: `$schema` first, and a Link to it. */
export function sendBody(response: ServerResponse, schema: string, body: object, type = "application/json"): void {
  const $schema = linkSchema(response, schema, type);
  sendText(response, `${JSON.stringify({ $schema, ...body })}\n`);
}

/**
 * Sends a body as {@link sendBody} does whose members are made while they are read: a slow reader has no copy.
 *
 * @param members - the JSON of the members after `$schema`, in pieces
 */
export function sendBodyInPieces(response: ServerResponse, schema: string, members: Iterable<string>): void {
  const $schema = linkSchema(response, schema, "application/json");
  sendPieces(response, bodyOf($schema, members)[Symbol.iterator]());
}

function* bodyOf($schema: string, members: Iterable<string>): Generator<string> {
  yield `{"$schema":${JSON.stringify($schema)},`;
  yield* members;
  yield "}\n";
}

function linkSchema(response: ServerResponse, schema: string, type: string): string {
  const host = response.req.headers.host ?? "localhost";
  const scheme = /^(localhost|127\.0\.0\.1)/.test(host) ? "http" : "https";
  response.setHeader("Link", `</schemas/${schema}.json>; rel="describedBy"`);
  response.setHeader("Content-Type", type);
  return `${scheme}://${host}/schemas/${schema}.json`;
}

/** A text that is one chunk is sent with its length; a longer one is chunked. */
function sendPieces(response: ServerResponse, pieces: Iterator<string>): void {
  const { text, isLast } = nextChunk(pieces);
  if (isLast) {
    sendText(response, text);
    return;
  }
  response.setTimeout(stalledMs);
  const pump = (): void => {
    while (!response.destroyed && !response.writableNeedDrain && !response.writableEnded) {
      const next = nextChunk(pieces);
      if (next.isLast) response.end(next.text);
      else response.write(next.text);
    }
  };
  response.on("drain", pump);
  response.write(text);
  pump();
}

function nextChunk(pieces: Iterator<string>): { readonly text: string; readonly isLast: boolean } {
  let text = "";
  while (text.length < chunkLength) {
    const piece = pieces.next();
    if (piece.done === true) return { text, isLast: true };
    text += piece.value;
  }
  return { text, isLast: false };
}

function sendText(response: ServerResponse, text: string): void {
  if (text.length > chunkLength) response.setTimeout(stalledMs);
  response.end(text);
}
