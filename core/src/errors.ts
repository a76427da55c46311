/**
 * Every deliberate failure of codex-workspace has one of these codes. The table with meaning and remedy of each is
 * docs/errors.md; a test keeps both equal.
 */
export type ErrorCode =
  | "SPEC_INVALID"
  | "SPEC_NOT_IN_FORCE"
  | "SPEC_UNREADABLE"
  | "SPEC_NOT_TRUSTED"
  | "SECRET_UNRESOLVED"
  | "SECRET_IN_PROJECT"
  | "SECRET_INVALID"
  | "GRANT_REFUSED"
  | "GRANT_UNVERIFIED"
  | "GRANT_UNREADABLE"
  | "GRANT_NOT_FOUND"
  | "TOML_INVALID"
  | "TOML_CONFLICT"
  | "CONFIG_REFUSED"
  | "MARKER_BROKEN"
  | "MARKER_IN_INPUT"
  | "CODEX_MISSING"
  | "CODEX_VERSION_MISMATCH"
  | "USERS_CLASH"
  | "PROJECT_NOT_WRITABLE"
  | "CODEX_HOME_UNUSABLE"
  | "FILE_LEFT_ALONE"
  | "FILE_SET_ASIDE"
  | "START_SCRIPT_FAILED"
  | "REQUIREMENTS_NOT_IN_FORCE"
  | "WRAPPER_CONFIG_INVALID"
  | "CONFIG_NOT_RELOADABLE"
  | "SESSION_BUSY"
  | "SESSION_NOT_READY"
  | "SESSION_NOT_FOUND"
  | "SESSION_ARCHIVED"
  | "SESSION_EXISTS"
  | "SESSIONS_FULL"
  | "SESSION_REFUSED"
  | "SESSION_DIRECTORY_CHANGED"
  | "PROMPT_REFUSED"
  | "PROMPT_UNCERTAIN"
  | "PROMPT_STORE_FULL"
  | "TOO_MANY_PROMPTS"
  | "PROMPT_NOT_FOUND"
  | "PROMPT_NOT_QUEUED"
  | "APPROVAL_NOT_FOUND"
  | "APPROVAL_RESOLVED"
  | "DECISION_INVALID"
  | "IDEMPOTENCY_KEY_REUSED"
  | "EVENTS_GONE"
  | "NO_TURN_RUNNING"
  | "CODEX_SILENT"
  | "STATE_NOT_WRITABLE"
  | "TURN_FAILED"
  | "CODEX_TOO_OLD"
  | "MODEL_KEY_REFUSED"
  | "MODEL_ACCESS_DENIED"
  | "MODEL_QUOTA_EXCEEDED"
  | "MODEL_RATE_LIMITED"
  | "MODEL_UNKNOWN"
  | "MODEL_CONTENT_REFUSED"
  | "MODEL_REQUEST_REFUSED"
  | "CONTEXT_TOO_LONG"
  | "PROVIDER_PATH_UNKNOWN"
  | "PROVIDER_UNREACHABLE"
  | "PROVIDER_OVERLOADED"
  | "PROVIDER_FAILED"
  | "SANDBOX_FAILED"
  | "TURN_INTERRUPTED"
  | "TERMINAL_FAILED"
  | "REQUEST_INVALID"
  | "PATH_UNKNOWN"
  | "BODY_TOO_LARGE"
  | "BODY_TIMED_OUT"
  | "UPLOADS_FULL"
  | "TOKEN_INVALID"
  | "TOKEN_EXPIRED"
  | "TICKET_INVALID"
  | "SCOPE_MISSING"
  | "TOO_MANY_REQUESTS"
  | "TOO_MANY_STREAMS"
  | "TOKENS_USED_UP"
  | "ORIGIN_NOT_ALLOWED"
  | "INTERNAL"
  | "WRAPPER_NOT_BUILT"
  | "USAGE"
  | "DIRECTORY_UNUSABLE"
  | "STATE_UNREADABLE"
  | "HOME_UNKNOWN"
  | "NAME_TAKEN"
  | "WORKSPACE_NOT_FOUND"
  | "WORKSPACE_NOT_RUNNING"
  | "WORKSPACE_AMBIGUOUS"
  | "WORKSPACE_BUSY"
  | "ENGINE_UNAVAILABLE"
  | "ENGINE_MISMATCH"
  | "NO_GATEWAY"
  | "ENGINE_REFUSED"
  | "IMAGE_UNAVAILABLE"
  | "IMAGE_MISMATCH"
  | "IMAGE_BUILD_FAILED"
  | "PORT_TAKEN"
  | "START_FAILED"
  | "START_TIMED_OUT"
  | "NODE_TOO_OLD"
  | "INTERRUPTED";

/** Where in a text a problem is: 1-based line and column, and the line itself. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
  readonly lineText: string;
}

/** One of several problems found at once. */
export interface Problem {
  /** The property, as a user writes it: `mcpServers.github.command`; or the file or layer it was found in. */
  readonly path: string;
  readonly message: string;
  readonly position?: SourcePosition;
}

export interface WorkspaceErrorOptions {
  readonly code: ErrorCode;
  /** What to do now, as an action. */
  readonly remedy: string;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

/** A failure that we foresaw: a stable `code`, a message in the user's words with the value we got, and a `remedy`. */
export class WorkspaceError extends Error {
  override readonly name = "WorkspaceError";
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly problems: readonly Problem[];

  constructor(message: string, { code, remedy, problems = [], cause }: WorkspaceErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
    this.problems = problems;
  }
}
