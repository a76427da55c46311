import * as z from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const limit = z.int().min(1);

/** What a thread is started and resumed with, where it wins over every file. */
const threadSettings = {
  sandboxMode: z.enum(["read-only", "workspace-write", "danger-full-access"]),
  /** A permission profile, passed instead of `sandboxMode` and `workspaceWrite`, which say what it amounts to. */
  permissions: z
    .strictObject({ profile: z.string(), definition: z.record(z.string(), z.unknown()).optional() })
    .optional(),
  approvalPolicy: z.unknown(),
  /** `sandbox_workspace_write` of the merged configuration. */
  workspaceWrite: z.record(z.string(), z.unknown()),
  model: z.string().optional(),
  /** Further keys of config.toml, as nested tables. */
  config: z.record(z.string(), z.unknown()),
};

/** Of a relay: a port, or the path of a unix socket. */
const end = z.union([z.strictObject({ port: z.int() }), z.strictObject({ socket: z.string() })]);

const shape = z.strictObject({
  /** Version of this format: a wrapper refuses another. */
  format: z.literal(1),
  name: z.string(),
  configHash: sha256,
  codex: z.strictObject({
    /** The pin: the wrapper refuses to run another version. */
    version: z.string(),
    program: z.string(),
    /** Keys of config.toml that the platform owns, given to Codex as `-c` flags too, so that no file undoes them. */
    overrides: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])),
    /** Key paths of config.toml that keep our value even where only somebody else changed them. */
    platformKeys: z.array(z.array(z.string())),
    /** Variables of Codex beside what the wrapper inherits. */
    env: z.record(z.string(), z.string()),
  }),
  /** `separate`: root, uid codex, uid terminal. `single`: everything runs as whoever started the wrapper. */
  users: z.enum(["separate", "single"]),
  /** The project directory is a volume of ours: where it belongs to root, it is given to Codex's user. */
  ownsWorkdir: z.boolean(),
  paths: z.strictObject({
    workdir: z.string(),
    codexHome: z.string(),
    terminalHome: z.string(),
    state: z.string(),
    uploads: z.string(),
    caBundle: z.string(),
  }),
  session: z.strictObject({
    ...threadSettings,
    initialPrompt: z.string().optional(),
    /** `false`: what the state has of an earlier run's thread is forgotten at the start. */
    continue: z.boolean(),
  }),
  /** As it is told of the workspace; those of requests are kept by the model gateway, where there is one. */
  modelLimits: z.strictObject({
    requestsPerMinute: limit.optional(),
    concurrentRequests: limit.optional(),
    tokensPerDay: limit.optional(),
  }),
  /** When what Codex asks and nobody has answered is declined; never where it is absent. */
  approvalTimeoutSeconds: z.int().min(1).optional(),
  /** By name: what a session that uses the profile has in place of `session`'s. */
  profiles: z.record(z.string(), z.strictObject(threadSettings)),
  /** Which of the files that a spec may leave out the bundle holds. */
  requirements: z.boolean(),
  agentsMd: z.boolean(),
  /** The block of the project's AGENTS.md: none, one where git does not track the file, or one in any case. */
  projectAgentsMd: z.enum(["none", "unless-tracked", "always"]),
  preInstallScript: z.boolean(),
  postInstallScript: z.boolean(),
  modelKey: z.boolean(),
  secretEnvironment: z.boolean(),
  caCertificates: z.boolean(),
  logLevel: z.enum(["error", "warn", "info", "debug"]),
  api: z.strictObject({
    /** `socket`: path of a unix socket at which the gateway delivers the API's published port. */
    listen: z.strictObject({ host: z.string(), port: z.int(), socket: z.string().optional() }),
    hosts: z.array(z.string()),
    origins: z.array(z.string()),
    /** `token`: `tokens.json` says who may what. `none`: everybody may everything. */
    auth: z.enum(["token", "none"]),
    limits: z.strictObject({
      changesPerMinute: limit,
      streams: limit,
      connections: limit,
      requestTimeoutSeconds: limit,
      promptMiB: limit,
      sessions: limit,
      pendingPrompts: limit,
      allPendingPrompts: limit,
      pendingPromptsMiB: limit,
      allPendingPromptsMiB: limit,
      uploadMiB: limit,
      allUploadsMiB: limit,
    }),
  }),
  /** Ways between ports of the loopback address and unix sockets. */
  relays: z.array(z.strictObject({ from: end, to: end })),
});

/**
 * `workspace.json`: what the wrapper is told. Written by a provisioner from a plan; both sides check it against this
 * schema. Paths are absolute, but for those of `configFiles`.
 */
export const wrapperConfigSchema = shape.refine(
  ({ api, users }) => api.auth === "token" || (users === "single" && isLoopback(api.listen.host)),
  { path: ["api", "auth"], error: "an API without tokens is for the loopback address of one user" },
);

export type WrapperConfig = z.infer<typeof wrapperConfigSchema>;

/** How much the API takes: for each token, or in all. */
export type ApiLimits = Readonly<WrapperConfig["api"]["limits"]>;

function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}
