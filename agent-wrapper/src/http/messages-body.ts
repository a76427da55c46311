import type { Message } from "../session/conversation.ts";

/** Characters of a message that become JSON at a time. */
const sliceLength = 16 * 1024;

/** The JSON of AgentAPI's member `messages`, in pieces of some KiB: messages can have several MiB. */
export function* messagesJson(messages: readonly Message[]): Generator<string> {
  yield `"messages":[`;
  for (const [index, { id, content, role, time }] of messages.entries()) {
    yield `${index === 0 ? "" : ","}{"id":${id},"content":"`;
    // A pair of surrogates that is split is escaped, and means the same.
    for (let from = 0; from < content.length; from += sliceLength) {
      yield JSON.stringify(content.slice(from, from + sliceLength)).slice(1, -1);
    }
    yield `","role":"${role}","time":"${time.toISOString()}"}`;
  }
  yield "]";
}
