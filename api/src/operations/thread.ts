import { eventsQuerySchema, lastEventIdSchema, sessionEventSchemas } from "../events.ts";
import { itemPageSchema, itemsQuerySchema } from "../items.ts";
import type { Operation } from "../operation.ts";
import { queryParameters, sessionParameter } from "../parameters.ts";
import { routeOf } from "../routes.ts";
import { json } from "./json.ts";

const tag = "Thread";

/** What a session's thread holds, what happens in it, and its terminal. */
export const threadOperations: readonly Operation[] = [
  {
    ...routeOf("list-items"),
    summary: "What a session's thread holds",
    description:
      "Messages, reasoning, commands with output and exit code, file changes with diffs, tool calls, plans: as Codex " +
      "has them, in the order in which they began.",
    tag,
    parameters: [
      sessionParameter,
      ...queryParameters(itemsQuerySchema, {
        cursor: "0",
        limit: 20,
        type: ["agentMessage", "commandExecution"],
        order: "asc",
      }),
    ],
    answers: {
      200: {
        description: "OK",
        content: json(itemPageSchema, {
          items: [
            {
              turnId: "019a2b3e-6f70-7b91-acbd-2e3f4a5b6c7d",
              item: { id: "msg_1", type: "agentMessage", text: "It runs **Codex** in a container." },
            },
          ],
        }),
      },
    },
  },
  {
    ...routeOf("subscribe-session-events"),
    summary: "What happens in a session",
    description:
      "Each event has an `id:` that grows and is never given again, and is sent once it is on disk. Whoever comes back " +
      "with `Last-Event-ID`, or `?after=`, gets what it missed and then what happens; without either, what happens " +
      "from now on. A comment comes every 15 s.",
    tag,
    parameters: [
      sessionParameter,
      ...queryParameters(eventsQuerySchema, { after: 0, deltas: true }),
      {
        name: "Last-Event-ID",
        in: "header",
        description: "Begins after the event with this id.",
        schema: lastEventIdSchema.optional(),
        example: "0",
      },
    ],
    answers: {
      200: { description: "OK", content: { mediaType: "text/event-stream", events: sessionEventSchemas } },
    },
    problems: { 410: "The events after that one are not kept any more, or it was never given" },
  },
  {
    ...routeOf("open-terminal"),
    summary: "A session's terminal",
    description:
      "A WebSocket. Binary frames are bytes of the terminal both ways, the first one draws the screen; a text frame " +
      'resizes it: `{"type": "resize", "columns": 80, "rows": 24}`, clamped to 10 to 1000 columns and 4 to 1000 rows. One client at a time writes: its first frame takes ' +
      'over, and `{"type": "write"}` does so again. Each is told by `{"type": "writer", "yours": true}`, or `false`.',
    tag,
    parameters: [sessionParameter],
    answers: { 101: { description: "The WebSocket is open" } },
    problems: { 426: "The request asks for no WebSocket" },
  },
];
