import { type MessageUpdate, messageUpdateSchema, type StatusChange, statusChangeSchema } from "@codex-workspace/api";
import { EventSourceParserStream } from "eventsource-parser/stream";

/** What `GET /events` tells: first every message so far and the status, then what changes. */
export type WorkspaceEvent =
  | { readonly type: "message_update"; readonly data: MessageUpdate }
  | { readonly type: "status_change"; readonly data: StatusChange };

/** The events of an answer's body, until it ends. Kinds that this release does not know are left out. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<WorkspaceEvent, void, undefined> {
  const decoder = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
  // Not every browser can iterate a stream.
  const reader = body.pipeThrough(decoder).pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const event = toEvent(part.value.event, part.value.data);
      if (event !== undefined) yield event;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function toEvent(type: string | undefined, data: string): WorkspaceEvent | undefined {
  switch (type) {
    case "message_update":
      return { type, data: messageUpdateSchema.parse(JSON.parse(data)) };
    case "status_change":
      return { type, data: statusChangeSchema.parse(JSON.parse(data)) };
    default:
      return undefined;
  }
}
