import * as z from "zod";

/** What a gateway logs of a request when it has ended: nothing of its path, headers and body. */
export interface TraceEntry {
  /** When it ended, in seconds since 1970. */
  readonly time: number;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly decision: "allowed" | "denied";
  /** What decided: `allow:*.example.com`, `preset:npm`, `model`, `github:read:octocat/*`; `none` where nothing allowed it, `protocol` where the proxy does not carry it. */
  readonly rule: string;
  /** From the workspace. */
  readonly sentBytes: number;
  /** To the workspace. */
  readonly receivedBytes: number;
  readonly seconds: number;
}

const traceEntry = z.strictObject({
  // As far as a Date goes.
  time: z.number().min(0).max(8.64e12),
  // Squid writes the brackets of an IPv6 address as a URL may have them; whatever else it has escaped stays so.
  host: z.string().transform((host) => host.replace(/^%5B(.*)%5D$/i, "[$1]")),
  port: z.coerce.number(),
  method: z.string(),
  decision: z.enum(["allowed", "denied"]),
  rule: z.string(),
  sentBytes: z.number(),
  receivedBytes: z.number(),
  seconds: z.number(),
}) satisfies z.ZodType<TraceEntry>;

/** A line of a gateway's log; undefined where it is none about a request, or not the whole of one. */
export function parseTraceEntry(line: string): TraceEntry | undefined {
  return traceEntry.safeParse(parseJson(line)).data;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
