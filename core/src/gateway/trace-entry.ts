import * as z from "zod";

/**
 * Why an allowed request failed. `unreachable`: the host's name does not resolve, the host takes no connection, or its
 * certificate is not trusted. The gateways do not always tell these apart.
 */
export type TraceFailure = "name-not-found" | "unreachable" | "timeout" | "broken-answer";

/** What a gateway logs of a request when it has ended: nothing of its path, headers and body. */
export interface TraceEntry {
  /** When it ended, in seconds since 1970. */
  readonly time: number;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** `failed`: the rule allowed the request, and the gateway got no answer from the host. */
  readonly decision: "allowed" | "denied" | "failed";
  /** Cause, of a failed request alone. */
  readonly failure?: TraceFailure;
  /** What decided: `allow:*.example.com`, `preset:npm`, `model`, `github:read:octocat/*`; `none` where nothing allowed it, `protocol` where the proxy does not carry it. */
  readonly rule: string;
  /** From the workspace. */
  readonly sentBytes: number;
  /** To the workspace. */
  readonly receivedBytes: number;
  readonly seconds: number;
}

/** Values of the log's `failure`: nginx has `unreachable` alone, Squid its own error codes, also of the client's faults. */
const failures: ReadonlyMap<string, TraceFailure> = new Map([
  ["unreachable", "unreachable"],
  ["ERR_DNS_FAIL", "name-not-found"],
  ["ERR_CONNECT_FAIL", "unreachable"],
  ["ERR_CANNOT_FORWARD", "unreachable"],
  ["ERR_SECURE_CONNECT_FAIL", "unreachable"],
  ["ERR_READ_TIMEOUT", "timeout"],
  // Squid reports a plain request for a name without an address as a read error.
  ["ERR_READ_ERROR", "unreachable"],
  ["ERR_WRITE_ERROR", "broken-answer"],
  ["ERR_ZERO_SIZE_OBJECT", "broken-answer"],
  ["ERR_INVALID_RESP", "broken-answer"],
]);

const traceLine = z.strictObject({
  // As far as a Date goes.
  time: z.number().min(0).max(8.64e12),
  // Squid writes the brackets of an IPv6 address as a URL may have them; whatever else it has escaped stays so.
  host: z.string().transform((host) => host.replace(/^%5B(.*)%5D$/i, "[$1]")),
  port: z.coerce.number(),
  method: z.string(),
  decision: z.enum(["allowed", "denied"]),
  rule: z.string(),
  failure: z.string().optional(),
  sentBytes: z.number(),
  receivedBytes: z.number(),
  seconds: z.number(),
});

/** A line of a gateway's log; undefined where it is none about a request, or not the whole of one. */
export function parseTraceEntry(line: string): TraceEntry | undefined {
  const { data } = traceLine.safeParse(parseJson(line));
  if (data === undefined) return undefined;
  const { failure: logged = "", ...entry } = data;
  const failure = entry.decision === "allowed" ? failures.get(logged) : undefined;
  return failure === undefined ? entry : { ...entry, decision: "failed", failure };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
