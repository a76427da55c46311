import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import {
  type BuildContext,
  type BuildProxies,
  containerUsers,
  gatewayPaths,
  toBuildContext,
} from "@codex-workspace/core";

export interface GatewayImageInputs extends BuildProxies {
  /** Any Debian-like image. */
  readonly baseImage: string;
}

const pages = ["errors/ERR_NOT_ALLOWED", "errors/ERR_PRIVATE_ADDRESS", "errors/ERR_PROTOCOL"];
const files = ["Dockerfile", "check-push.js", ...pages];
const programs = ["egress-proxy", "healthcheck", "model-gateway", "when-changed"];

/** The build context of the image that both gateways run. Same inputs and same package, same context. */
export function gatewayBuildContext({ baseImage, ...proxies }: GatewayImageInputs): BuildContext {
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const packaged = (path: string, mode: number) => ({ path, mode, content: readFileSync(join(root, "image", path)) });
  return toBuildContext({
    name: `codex-workspace-gateway:${version}`,
    files: [...files.map((path) => packaged(path, 0o644)), ...programs.map((path) => packaged(path, 0o755))],
    args: {
      BASE_IMAGE: baseImage,
      WORKSPACE_VERSION: version,
      CONFIG: gatewayPaths.config,
      SOCKETS: gatewayPaths.sockets,
      ERROR_PAGES: gatewayPaths.errorPages,
      CA_BUNDLE: gatewayPaths.caBundle,
      MODEL_KEY_CONF: gatewayPaths.modelKeyConf,
      MODEL_GATEWAY_UID: String(containerUsers.modelGateway),
      EGRESS_PROXY_UID: String(containerUsers.egressProxy),
    },
    proxies,
  });
}

/** Found by the package's name: the same from the sources, from dist and from a bundle. */
function packageRoot(): string {
  return dirname(createRequire(import.meta.url).resolve("@codex-workspace/gateway/package.json"));
}
