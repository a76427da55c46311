import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "agentStatusSchema",
      "endedTurnSchema",
      "eventsQuerySchema",
      "itemEntrySchema",
      "itemPageSchema",
      "itemSchema",
      "itemsQuerySchema",
      "messageRequestSchema",
      "messageSchema",
      "messageUpdateSchema",
      "messagesBodySchema",
      "okBodySchema",
      "problemSchema",
      "promptPageSchema",
      "promptQuerySchema",
      "promptRequestSchema",
      "promptSchema",
      "promptStateSchema",
      "promptsQuerySchema",
      "queueSchema",
      "readinessSchema",
      "screenSchema",
      "sessionEventSchemas",
      "sessionStatusSchema",
      "statusBodySchema",
      "statusChangeSchema",
      "terminalControlSchema",
      "tokenUsageSchema",
      "uploadBodySchema",
      "whenBusySchema",
      "workspaceStatusSchema",
    ]
  `);
});
