import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as endOfTick } from "node:timers/promises";
import { EventFeed } from "../../../agent-wrapper/src/http/v1/event-feed.ts";
import { eventStreamHeaders } from "../../../agent-wrapper/src/http/event-stream.ts";
import { Store } from "../../../agent-wrapper/src/session/store.ts";

/**
 * Tells so many readers the same pieces of an item, one in each tick, as soon as all are there: `feed` through the
 * wrapper's event log and its feeds, `loop` by writing the same bytes to each.
 */
const [, , kind, readers, events, file = ""] = process.argv;
const session = "main";
const piece = { turnId: "turn", itemId: "item", field: "text", delta: "word ".repeat(8) } as const;
const block = `event: item/delta\ndata: ${JSON.stringify({ time: new Date().toISOString(), ...piece })}\n\n`;

const store = kind === "feed" ? new Store(file, { log: (message) => console.error(message) }) : undefined;
const responses: ServerResponse[] = [];
const server = createServer((_request, response) => {
  if (store === undefined) response.writeHead(200, eventStreamHeaders).write("id: 0\n\n");
  else new EventFeed(response, { log: store.events, session, after: 0, deltas: true });
  if (responses.push(response) === Number(readers)) void tell();
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));

async function tell(): Promise<void> {
  for (let event = 0; event < Number(events); event++) {
    if (store === undefined) for (const response of responses) response.write(block);
    else store.events.pass(session, "item/delta", piece);
    await endOfTick();
  }
}
