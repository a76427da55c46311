import type { Approval, ApprovalKind, Decision, DecisionRequest, ItemEntry } from "@codex-workspace/api";
import { ownValue, WorkspaceError } from "@codex-workspace/core";
import * as z from "zod";
import type { ServerRequest } from "../codex/protocol.ts";

/** What can be read of any request of Codex's that waits for somebody; all else is shown as it came. */
const askedSchema = z.looseObject({
  threadId: z.string(),
  turnId: z.string().nullish(),
  itemId: z.string().nullish(),
  reason: z.string().nullish(),
  command: z.string().nullish(),
  cwd: z.string().nullish(),
});

const permissionsSchema = z.looseObject({ permissions: z.record(z.string(), z.unknown()) });

const questionsSchema = z.looseObject({
  questions: z.array(
    z.looseObject({
      id: z.string(),
      isOther: z.boolean().default(false),
      options: z.array(z.looseObject({ label: z.string() })).nullish(),
    }),
  ),
});

const elicitationSchema = z.looseObject({
  serverName: z.string(),
  mode: z.string(),
  requestedSchema: z.record(z.string(), z.unknown()).optional(),
});

/** The requests of Codex that a person can decide over the API. */
export const requestKinds: Readonly<Record<string, { readonly kind: ApprovalKind; readonly params: z.ZodType }>> = {
  "item/commandExecution/requestApproval": { kind: "command", params: askedSchema },
  "item/fileChange/requestApproval": { kind: "fileChange", params: askedSchema },
  "item/permissions/requestApproval": { kind: "permissions", params: permissionsSchema },
  "item/tool/requestUserInput": { kind: "userInput", params: questionsSchema },
  "mcpServer/elicitation/request": { kind: "elicitation", params: elicitationSchema },
};

const decisionsOfKind: Readonly<Record<ApprovalKind, readonly Decision[]>> = {
  command: ["accept", "accept_for_session", "decline", "cancel"],
  fileChange: ["accept", "accept_for_session", "decline", "cancel"],
  permissions: ["accept", "accept_for_session", "decline", "cancel"],
  userInput: ["accept", "decline", "cancel"],
  elicitation: ["accept", "decline", "cancel"],
  unknown: [],
};

/** The thread that a request belongs to; none for those that ask the client, not a person. */
export function threadOf({ params }: Pick<ServerRequest, "params">): string | undefined {
  return askedSchema.safeParse(params).data?.threadId;
}

/** A request of Codex's as it is shown. `itemOf` finds the item that waits for it, which has what it would change. */
export function toApproval(
  { method, params }: ServerRequest,
  identity: { readonly id: string; readonly session: string; readonly askedAt: string },
  itemOf: (turnId: string, itemId: string) => ItemEntry["item"] | undefined,
): Approval {
  const asked = askedSchema.parse(params);
  const known = ownValue(requestKinds, method);
  const kind = known?.params.safeParse(params).success === true ? known.kind : "unknown";
  const { turnId, itemId, reason, command, cwd } = asked;
  const changes = kind === "fileChange" && turnId && itemId ? itemOf(turnId, itemId)?.["changes"] : undefined;
  const shown = {
    turnId,
    itemId,
    reason,
    command,
    directory: cwd,
    changes,
    permissions: asked["permissions"] ?? asked["additionalPermissions"],
    questions: kind === "userInput" ? asked["questions"] : undefined,
    elicitation: kind === "elicitation" ? elicitationOf(asked) : undefined,
  };
  const present = Object.entries(shown).filter(([, value]) => value !== undefined && value !== null);
  return {
    ...identity,
    kind,
    state: "pending",
    ...Object.fromEntries(present),
    decisions: [...decisionsOfKind[kind]],
    request: { method, params },
  };
}

/** What Codex is told, and whether its turn is interrupted besides. */
export interface CodexAnswer {
  readonly result: unknown;
  readonly interrupt: boolean;
}

/**
 * A decision in Codex's words.
 *
 * @throws WorkspaceError `DECISION_INVALID`
 */
export function toCodexAnswer({ kind, decisions, request }: Approval, wanted: DecisionRequest): CodexAnswer {
  const { decision, answers, content } = wanted;
  if (!decisions.includes(decision)) {
    throw invalid(
      decisions.length === 0
        ? "this release does not know what Codex asks: it can be answered in the terminal alone"
        : `\`${decision}\` is no answer here: expected one of ${decisions.join(", ")}`,
    );
  }
  if (answers !== undefined && (kind !== "userInput" || decision !== "accept"))
    throw invalid("`answers` go with `accept` of a user input");
  if (content !== undefined && (kind !== "elicitation" || decision !== "accept"))
    throw invalid("`content` goes with `accept` of an elicitation");
  const accepts = decision === "accept" || decision === "accept_for_session";
  const interrupt = decision === "cancel";
  switch (kind) {
    case "permissions": {
      const { permissions } = permissionsSchema.parse(request.params);
      const asked = Object.entries(permissions).filter(([, value]) => value !== null);
      const scope = decision === "accept_for_session" ? "session" : "turn";
      return { result: { permissions: accepts ? Object.fromEntries(asked) : {}, scope }, interrupt };
    }
    case "userInput":
      return { result: { answers: accepts ? toAnswers(request.params, answers ?? {}) : {} }, interrupt };
    case "elicitation":
      return {
        result: { action: decision, content: accepts ? toContent(request.params, content) : null, _meta: null },
        interrupt,
      };
    default:
      return {
        result: { decision: decision === "accept_for_session" ? "acceptForSession" : decision },
        interrupt: false,
      };
  }
}

function toAnswers(
  params: unknown,
  answers: Readonly<Record<string, string[]>>,
): Record<string, { answers: string[] }> {
  const { questions } = questionsSchema.parse(params);
  const stranger = Object.keys(answers).find((id) => questions.every((question) => question.id !== id));
  if (stranger !== undefined) throw invalid(`there is no question "${stranger}"`);
  return Object.fromEntries(
    questions.map(({ id, options, isOther }) => {
      const given = ownValue(answers, id);
      if (given === undefined) throw invalid(`the question "${id}" is not answered`);
      const labels = options?.map(({ label }) => label) ?? [];
      const other = given.find((answer) => labels.length > 0 && !isOther && !labels.includes(answer));
      if (other !== undefined) throw invalid(`"${other}" is none of the options of "${id}": ${labels.join(", ")}`);
      return [id, { answers: given }];
    }),
  );
}

function toContent(params: unknown, content: unknown): unknown {
  const { mode, requestedSchema } = elicitationSchema.parse(params);
  if (requestedSchema === undefined) {
    if (mode !== "url") throw invalid("it can be accepted in the terminal alone");
    if (content !== undefined) throw invalid("`content` answers a form, and there is none");
    return null;
  }
  const parsed = z.fromJSONSchema(requestedSchema).safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${["content", ...path].join(".")}: ${message}`);
  throw invalid(faults.join("; "));
}

function elicitationOf({ threadId: _thread, turnId: _turn, ...rest }: z.infer<typeof askedSchema>): unknown {
  return rest;
}

function invalid(message: string): WorkspaceError {
  return new WorkspaceError(message, {
    code: "DECISION_INVALID",
    remedy: "GET the approval: it has what was asked, and the decisions there are.",
  });
}
