import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers a request that needs nothing of express: no parameters of its path, no query, no body. */
export type Read = (request: IncomingMessage, response: ServerResponse) => void;

/** By method and path, as `GET /status`. */
export type Reads = ReadonlyMap<string, Read>;
