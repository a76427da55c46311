import { readHostPattern, type TraceFailure } from "@codex-workspace/core";
import type { TracedRequest } from "./read-trace.ts";

/** Returns the action after which such a request can succeed; undefined where it did, or no action helps. */
export function remedyOf({ gateway, decision, failure, rule, host, port }: TracedRequest): string | undefined {
  if (decision === "allowed") return undefined;
  if (failure !== undefined) return failureRemedies[gateway === "model-gateway" ? "atModelGateway" : failure];
  if (rule === "limit") return "wait, or raise modelLimits";
  if (gateway === "model-gateway") return undefined;
  if (rule === "protocol") return "use an http or https URL, the egress proxy carries no other";
  if (rule === "private-address") return `add the address of "${host}" to network.allow too`;
  const pattern = [80, 443].includes(port) ? host : `${host}:${port}`;
  return "fault" in readHostPattern(pattern) ? undefined : `add "${pattern}" to network.allow`;
}

/** The host is allowed already. */
const failureRemedies: Readonly<Record<TraceFailure | "atModelGateway", string>> = {
  atModelGateway: "check the host, its URL and its certificate; codex-workspace logs model-gateway has the cause",
  "name-not-found": "check the host's name and the DNS of the Docker host",
  unreachable: "check that the name resolves and that the Docker host reaches it",
  timeout: "the host does not answer in time; try again later",
  "broken-answer": "the host ended the connection; try again later",
};
