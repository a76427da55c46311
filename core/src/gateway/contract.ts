/** What the image of the gateways, what is rendered for them and whoever speaks to them agree on. */

export const gatewayPaths = {
  /** The files of one gateway: a volume that it alone mounts, read-only. */
  config: "/etc/gateway",
  /** A volume that both gateways and the workspace mount: each has a directory of its own, which no other can write. */
  sockets: "/run/codex-workspace",
  /** What Squid says where it refuses or fails, in the image. */
  errorPages: "/usr/share/codex-workspace/squid-errors",
  /** The certificates of the system and those of the plan, put together when the container starts. */
  caBundle: "/tmp/ca-certificates.pem",
  /** The model key as nginx has it, made when the container starts and whenever the key changes. */
  modelKeyConf: "/tmp/model-key.conf",
} as const;

/** Unix sockets in the shared volume. */
export const gatewaySockets = {
  /** HTTP: the model, GitHub, MCP servers. */
  modelGateway: `${gatewayPaths.sockets}/model-gateway/http.sock`,
  /** An HTTP proxy. */
  egressProxy: `${gatewayPaths.sockets}/egress-proxy/proxy.sock`,
} as const;

/** Where the workspace listens for what the gateway publishes as this TCP port. */
export function publishedSocket(port: number): string {
  return `${gatewayPaths.sockets}/workspace/${port}.sock`;
}

/**
 * Connections that the workspace's relay for one port or socket holds at once. Each gateway takes more, so its health check and its
 * reload find room whatever the workspace sends.
 */
export const relayConnections = 192;

/** Where the gateways are on the loopback address of a workspace, for programs that know no unix sockets. */
export const relayPorts = { modelGateway: 3285, egressProxy: 3286 } as const;

/** What clients in the workspace put before a path, to reach what it stands for through the model gateway. */
export const gatewayRoutes = {
  model: "/v1",
  githubGit: "/github/git",
  githubApi: "/github/api",
  mcp: "/mcp",
  grants: "/grants",
} as const;

/** Where the model gateway checks a push, for its own requests only: `check-push.js` of the image has the same names. */
export const pushCheck = {
  /** Program in the image, which njs runs. */
  program: "/usr/local/lib/check-push.js",
  /** The push to check, by its path below {@link gatewayRoutes.githubGit}. */
  route: "/github/push",
  /** GitHub's description of a repository, which has the name of its default branch. */
  defaultBranch: "/github/default-branch",
  /** Where a checked push leads. */
  checked: "@github_push",
  /** A push is held in memory until it is checked. */
  maxMiB: 32,
  atOnce: 4,
} as const;
