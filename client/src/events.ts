import {
  type MessageUpdate,
  messageUpdateSchema,
  type SessionEventData,
  sessionEventSchemas,
  type SessionEventType,
  type StatusChange,
  statusChangeSchema,
} from "@codex-workspace/api";
import type { EventSourceMessage } from "eventsource-parser";
import { EventSourceParserStream } from "eventsource-parser/stream";

/** What `GET /events` tells: first every message so far and the status, then what changes. */
export type WorkspaceEvent =
  | { readonly type: "message_update"; readonly data: MessageUpdate }
  | { readonly type: "status_change"; readonly data: StatusChange };

/** What `GET /v1/sessions/{session}/events` tells. Pieces of items, and what ends a stream, have no id. */
export type SessionEvent = {
  [T in SessionEventType]: { readonly type: T; readonly id: number | undefined; readonly data: SessionEventData[T] };
}[SessionEventType];

/** The events of an answer's body, until it ends. Kinds that this release does not know are left out. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<WorkspaceEvent, void, undefined> {
  for await (const { event: type, data } of readBlocks(body)) {
    const event = toEvent(type, data);
    if (event !== undefined) yield event;
  }
}

/** The same of a session; `onId` is told after which id each event, and the stream, begins. */
export async function* readSessionEvents(
  body: ReadableStream<Uint8Array>,
  onId: (id: number) => void,
): AsyncGenerator<SessionEvent, void, undefined> {
  let isStart = true;
  const onAnyId = (id: string): void => {
    // Later ones are told with their event: what was parsed and not yet read would be lost with the connection.
    if (isStart) onId(Number(id));
    isStart = false;
  };
  for await (const { id, event: type, data } of readBlocks(body, onAnyId)) {
    if (id !== undefined) onId(Number(id));
    if (type === undefined || !isSessionEvent(type)) continue;
    const parsed = sessionEventSchemas[type].parse(JSON.parse(data));
    yield { type, id: id === undefined ? undefined : Number(id), data: parsed } as SessionEvent;
  }
}

async function* readBlocks(
  body: ReadableStream<Uint8Array>,
  onId?: (id: string) => void,
): AsyncGenerator<EventSourceMessage, void, undefined> {
  const decoder = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
  // Not every browser can iterate a stream.
  const reader = body.pipeThrough(decoder).pipeThrough(new EventSourceParserStream({ onId })).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function isSessionEvent(type: string): type is SessionEventType {
  return Object.hasOwn(sessionEventSchemas, type);
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
