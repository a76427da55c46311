export {
  agentStatusSchema,
  messageRequestSchema,
  messageSchema,
  messagesBodySchema,
  messageUpdateSchema,
  okBodySchema,
  screenSchema,
  statusBodySchema,
  statusChangeSchema,
  uploadBodySchema,
  uploadRequestSchema,
  type AgentStatus,
  type MessageBody,
  type MessageRequest,
  type MessagesBody,
  type MessageUpdate,
  type ScreenBody,
  type StatusBody,
  type StatusChange,
  type UploadBody,
} from "./agentapi.ts";
export {
  approvalPageSchema,
  approvalSchema,
  approvalsQuerySchema,
  decisionRequestSchema,
  decisionSchema,
  type Approval,
  type ApprovalKind,
  type ApprovalPage,
  type ApprovalState,
  type Decision,
  type DecisionRequest,
} from "./approvals.ts";
export { auditEntrySchema, auditPageSchema, auditQuerySchema, type AuditEntry, type AuditPage } from "./audit.ts";
export {
  eventsQuerySchema,
  lastEventIdSchema,
  sessionEventSchemas,
  type SessionEventData,
  type SessionEventType,
} from "./events.ts";
export {
  itemEntrySchema,
  itemPageSchema,
  itemSchema,
  itemsQuerySchema,
  type ItemEntry,
  type ItemPage,
} from "./items.ts";
export {
  idempotencyKeySchema,
  promptPageSchema,
  promptQuerySchema,
  promptRequestSchema,
  promptSchema,
  promptsQuerySchema,
  promptStateSchema,
  queueSchema,
  tokenUsageSchema,
  whenBusySchema,
  type Prompt,
  type PromptInput,
  type PromptPage,
  type PromptRequest,
  type PromptState,
  type Queue,
  type TokenUsage,
  type WhenBusy,
} from "./prompts.ts";
export { toOpenApi, toSchemaFile, type OpenApiDocument, type OpenApiVersion } from "./openapi.ts";
export type { Answer, Content, EventContent, Need, Operation, Parameter } from "./operation.ts";
export { operations } from "./operations.ts";
export { problemSchema, type ProblemBody } from "./problem.ts";
export {
  forkRequestSchema,
  sessionListSchema,
  sessionRequestSchema,
  sessionSchema,
  sessionSettingsSchema,
  type ForkRequest,
  type SessionBody,
  type SessionList,
  type SessionRequest,
  type SessionSettings,
} from "./sessions.ts";
export {
  endedTurnSchema,
  healthSchema,
  readinessSchema,
  runningTurnSchema,
  sessionStatusSchema,
  terminalControlSchema,
  workspaceStatusSchema,
  type EndedTurn,
  type Readiness,
  type SessionStatus,
  type TerminalControl,
  type WorkspaceStatus,
} from "./v1.ts";
export {
  scopeSchema,
  ticketRequestSchema,
  ticketSchema,
  type Scope,
  type Ticket,
  type TicketRequest,
} from "./tickets.ts";
