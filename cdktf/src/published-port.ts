import type { Container } from "@cdktf/provider-docker/lib/container/index.js";
import { defaultApiPort } from "@codex-workspace/core";
import { addressOf } from "./address-of.ts";

/** Where the API is on the Docker host, as an expression of Terraform's: Docker says it, since it may have chosen it. */
export function publishedPort(gateway: Container): string {
  return `one([for port in ${addressOf(gateway)}.ports : port.external if port.internal == ${defaultApiPort}])`;
}
