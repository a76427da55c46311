import type { Operation } from "./operation.ts";
import { agentApiOperations } from "./operations/agentapi.ts";
import { approvalOperations } from "./operations/approvals.ts";
import { promptOperations } from "./operations/prompts.ts";
import { sessionOperations } from "./operations/sessions.ts";
import { threadOperations } from "./operations/thread.ts";
import { workspaceOperations } from "./operations/workspace.ts";

/** Everything that the OpenAPI documents describe, in the order in which they show it. */
export const operations: readonly Operation[] = [
  ...agentApiOperations,
  ...sessionOperations,
  ...promptOperations,
  ...approvalOperations,
  ...threadOperations,
  ...workspaceOperations,
];
