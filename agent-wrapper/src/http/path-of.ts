import type { IncomingMessage } from "node:http";

/** What a request asks for, without the query. */
export function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "/";
}
