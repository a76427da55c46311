import * as z from "zod";

/** What a gateway logs of a request: nothing of its path, headers and body. */
export interface TraceEntry {
  /** Seconds since 1970. */
  readonly time: number;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly decision: "allowed" | "denied";
  /** What decided: `allow:*.example.com`, `preset:npm`, `model`, `github:read:octocat/*`; `none` where nothing allowed it. */
  readonly rule: string;
  /** From the workspace. */
  readonly sentBytes: number;
  /** To the workspace. */
  readonly receivedBytes: number;
  readonly seconds: number;
}

const traceEntry = z.strictObject({
  time: z.number(),
  // Squid writes the brackets of an IPv6 address as a URL may have them.
  host: z.string().transform(decodeURIComponent),
  port: z.coerce.number(),
  method: z.string(),
  decision: z.enum(["allowed", "denied"]),
  rule: z.string(),
  sentBytes: z.number(),
  receivedBytes: z.number(),
  seconds: z.number(),
}) satisfies z.ZodType<TraceEntry>;

/** A line of a gateway's log; undefined where it is none about a request. */
export function parseTraceEntry(line: string): TraceEntry | undefined {
  if (!line.startsWith("{")) return undefined;
  return traceEntry.parse(JSON.parse(line));
}
