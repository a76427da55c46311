import type { Container } from "@cdktf/provider-docker/lib/container/index.js";
import { defaultApiPort } from "@codex-workspace/core";
import { addressOf } from "./address-of.ts";

/** Of the API, on the loopback address of the Docker host, at the port that Docker says: it may have chosen it. */
export function urlOf(gateway: Container): string {
  const port = `[for port in ${addressOf(gateway)}.ports : port.external if port.internal == ${defaultApiPort}]`;
  return `http://127.0.0.1:\${one(${port})}`;
}
