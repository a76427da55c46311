import { problemSchema } from "@codex-workspace/api";

/** The wrapper answered, and refused. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  /** Stable; docs/errors.md has the table. `HTTP_<status>` where the answer was no problem of ours. */
  readonly code: string;
  /** What to do, as an action. */
  readonly remedy: string | undefined;

  constructor(
    message: string,
    { status, code, remedy }: { status: number; code: string; remedy?: string | undefined },
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

/** Nobody answered: the workspace does not run, or something between is down. `cause` is what `fetch` said. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor(baseUrl: string, cause: unknown) {
    super(`nothing answers at ${baseUrl}`, { cause });
  }
}

/** An answer that is not 2xx, as an error: a problem+json by its own words, anything else by its status and text. */
export async function toApiError(response: Pick<Response, "status" | "statusText" | "text">): Promise<ApiError> {
  const { status, statusText } = response;
  const text = await response.text();
  const problem = problemSchema.safeParse(parseJson(text));
  if (!problem.success) {
    const said = text.trim().slice(0, 200);
    return new ApiError(said === "" ? `${status} ${statusText}` : said, { status, code: `HTTP_${status}` });
  }
  const { detail, errors = [], code, remedy } = problem.data;
  const details = errors.map(({ location, message }) => [location, message].filter(Boolean).join(": "));
  const message = details.length === 0 ? detail : `${detail} (${details.join("; ")})`;
  return new ApiError(message, { status, code, remedy });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
