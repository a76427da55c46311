import { expect, test } from "vitest";
import * as api from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "agentApiOperations",
      "agentStatusSchema",
      "endedTurnSchema",
      "eventsQuerySchema",
      "healthSchema",
      "itemEntrySchema",
      "itemPageSchema",
      "itemSchema",
      "itemsQuerySchema",
      "messageRequestSchema",
      "messageSchema",
      "messageUpdateSchema",
      "messagesBodySchema",
      "okBodySchema",
      "operations",
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
      "toOpenApi",
      "toSchemaFile",
      "tokenUsageSchema",
      "uploadBodySchema",
      "uploadRequestSchema",
      "whenBusySchema",
      "workspaceOperations",
      "workspaceStatusSchema",
    ]
  `);
});
