import { readHostPattern } from "@codex-workspace/core";
import type { TracedRequest } from "./read-trace.ts";

/** What lets such a request through, where something does. */
export function remedyOf({ gateway, decision, rule, host, port }: TracedRequest): string | undefined {
  if (decision === "allowed") return undefined;
  if (rule === "limit") return "wait, or raise modelLimits";
  if (gateway === "model-gateway") return undefined;
  if (rule === "protocol") return "use an http or https URL, the egress proxy carries no other";
  if (rule === "private-address") return `add the address of "${host}" to network.allow too`;
  const pattern = [80, 443].includes(port) ? host : `${host}:${port}`;
  return "fault" in readHostPattern(pattern) ? undefined : `add "${pattern}" to network.allow`;
}
