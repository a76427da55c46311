import { posix } from "node:path";
import * as z from "zod";
import { CODEX_PIN } from "../codex-release.ts";
import { defaultApiPort, environmentPrefix, labelPrefix, ownedFeatures, ownedVariables } from "../contract.ts";
import { relayPorts } from "../gateway/contract.ts";
import { readGitHubRule } from "../gateway/github-rule.ts";
import { settingsBounds, within } from "../json-bounds.ts";
import { readHostPattern } from "../network/host-pattern.ts";
import { isLoopback } from "../network/loopback.ts";
import { networkPresets } from "../network/presets.ts";
import { isSecretReference, Secret } from "../secret.ts";
import { tokenScopes } from "../token-file.ts";
import { grantNameFault } from "./grant-name.ts";
import { nearest } from "./nearest.ts";
import { isOrigin } from "./origin.ts";
import type { SecretInput, WorkspaceSpec } from "./workspace-spec.ts";

const absolutePath = z
  .string()
  .regex(/^\/(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, { error: "expected an absolute path without `..`" })
  .transform((path) => posix.normalize(path).replace(/(?<=.)\/$/, ""))
  .refine((path) => path !== "/", { error: "expected a directory below /" });

const secretInput: z.ZodType<SecretInput, SecretInput> = z.custom<SecretInput>(isSecretInput, {
  error:
    "expected { env: NAME } or { file: PATH }: a secret is not written into a spec, since specs are stored and printed",
});

const hostName = z.string().regex(/^(\*|\[[0-9a-fA-F:.]+\]|[^\s,/:@*[\]]+)$/, {
  error: "expected a host name without scheme and port (IPv6 in brackets), or `*`",
});

const origin = z.string().refine(isOrigin, { error: "expected an origin such as https://tasks.example.com, or `*`" });

const exactVersion = z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, {
  error: `expected an exact version, no range and no tag: leave it out for the pin of this release, ${CODEX_PIN}`,
});

const imageReference = z.string().regex(/^[^\s]+$/, { error: "expected an image reference without blanks" });

const certificate = z.string().regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s*$/, {
  error: "expected PEM text (-----BEGIN CERTIFICATE-----)",
});

const proxyInput = z.union([z.url({ protocol: /^https?$/ }).refine((url) => !url.includes("@")), secretInput], {
  error:
    "expected an http or https URL such as http://proxy.example.com:3128, and for one with a password { env: NAME } or { file: PATH }",
});

const image = z
  .strictObject({
    prebuilt: z
      .string()
      .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, {
        error: "expected an image by digest, `name@sha256:<64 hex digits>`: a tag can change under a running platform",
      })
      .optional(),
    gatewayBaseImage: imageReference.optional(),
    build: z
      .strictObject({
        baseImage: imageReference.optional(),
        nodeImage: imageReference.optional(),
        aptPackages: z
          .array(
            z.string().regex(/^[a-z0-9][a-z0-9+.-]*(=[^\s]+)?$/, { error: "expected the name of a Debian package" }),
          )
          .optional(),
        setupScript: z.string().optional(),
        extraCaCertificates: z.array(certificate).optional(),
        keepExtraCaCertificates: z.boolean().optional(),
        httpProxy: proxyInput.optional(),
        httpsProxy: proxyInput.optional(),
        noProxy: z
          .array(
            z
              .string()
              .regex(/^[^\s,]+$/, { error: "expected a host, a domain or a network, without blanks and commas" }),
          )
          .optional(),
      })
      .optional(),
  })
  .refine((value) => (value.prebuilt === undefined) !== (value.build === undefined), {
    error: "expected exactly one of `prebuilt` and `build`",
  });

const project = z
  .strictObject({
    bind: absolutePath.optional(),
    volume: z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, { error: "expected the name of a Docker volume" })
      .optional(),
  })
  .refine((value) => (value.bind === undefined) !== (value.volume === undefined), {
    error: "expected exactly one of `bind` and `volume`",
  });

const labels = z.record(
  z
    .string()
    .min(1, { error: "a label has a name" })
    .refine((key) => key !== labelPrefix && !key.startsWith(`${labelPrefix}.`), {
      error: `labels that begin with ${labelPrefix} are ours`,
    }),
  z.string(),
);

const queryPart = z
  .string()
  .regex(/^[\w.~-]+$/, { error: "expected letters, digits and . _ ~ - only: it goes into URLs as it is" });

const modelProvider = z.strictObject({
  baseUrl: z
    .url({
      protocol: /^https?$/,
      abort: true,
      error: "expected an http or https URL such as https://api.openai.com/v1",
    })
    .refine((url) => !/[@?#]/.test(url), {
      error: "expected a URL without credentials, query and fragment: URLs are printed, so a key belongs into `apiKey`",
    }),
  apiKey: secretInput.optional(),
  keyHeader: z.enum(["Authorization", "api-key"]).optional(),
  organization: z
    .string()
    .regex(/^[\w.-]+$/, { error: "expected an organization's id, such as org-1234" })
    .optional(),
  queryParams: z.record(queryPart, queryPart).optional(),
});

const name = z.string().regex(/\S/, { error: "expected a name" });

const count = z.int({ error: "expected a whole number" }).min(1, { error: "expected 1 or more" });

const rate = { error: "expected 1 to 60000 whole requests" };
const atOnce = { error: "expected 1 to 256 whole requests" };

const modelLimits = z.strictObject({
  requestsPerMinute: z.int(rate).min(1, rate).max(60_000, rate).optional(),
  concurrentRequests: z.int(atOnce).min(1, atOnce).max(256, atOnce).optional(),
  tokensPerDay: count.optional(),
});

const approvalPolicy = z.union(
  [
    z.enum(["on-request", "never", "untrusted", "on-failure"]),
    z.strictObject({
      granular: z.strictObject({
        sandboxApproval: z.boolean(),
        rules: z.boolean(),
        mcpElicitations: z.boolean(),
        requestPermissions: z.boolean().optional(),
        skillApproval: z.boolean().optional(),
      }),
    }),
  ],
  {
    error:
      'expected "on-request", "never", or { granular } with true or false for each of sandboxApproval, rules and mcpElicitations (and requestPermissions, skillApproval)',
  },
);

/** Read by the C library, or by bash, in every program: also by those that build Codex's sandbox. */
const steersEveryProgram = /^(LD_.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|BASH_ENV)$/s;

const steersNoProgram = {
  test: (variable: string): boolean => !steersEveryProgram.test(variable),
  error:
    "makes every program load code from another place, those that build Codex's sandbox included: " +
    "set it for one program, in its command or in `env` of its MCP server",
};

const shellEnvironmentPolicy = z.strictObject({
  inherit: z.enum(["all", "core", "none"]).optional(),
  ignoreDefaultExcludes: z.boolean().optional(),
  exclude: z.array(name).optional(),
  set: z.record(z.string().refine(steersNoProgram.test, steersNoProgram), z.string()).optional(),
  includeOnly: z.array(name).optional(),
});

const agents = z.strictObject({
  maxThreads: count.optional(),
  maxDepth: count.optional(),
  jobMaxRuntimeSeconds: count.optional(),
});

const features = z.record(
  z
    .string()
    .regex(/^[a-z0-9_]+$/, { error: "expected the name of a feature, such as web_search_request" })
    .refine((feature) => !ownedFeatures.includes(feature), { error: "the workspace sets this feature itself" }),
  z.boolean(),
);

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of an environment variable" })
  .refine((variable) => !variable.startsWith(environmentPrefix), {
    error: `variables that begin with ${environmentPrefix} are ours`,
  });

const env = z.record(
  variableName
    .refine((variable) => !ownedVariables.includes(variable), { error: "the workspace sets this variable itself" })
    .refine(steersNoProgram.test, steersNoProgram),
  z.union([z.string().regex(/^[^\0]*$/), secretInput], {
    error: "expected a string without NUL, or for a secret { env: NAME } or { file: PATH }",
  }),
);

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: "expected the name of a header" });

const seconds = z.number().positive({ error: "expected a number of seconds above 0" });

const toolApprovalMode = z.enum(["auto", "prompt", "writes", "approve"]);

const grantName = z.string().superRefine((text, context) => {
  const fault = grantNameFault(text);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

const ofStdio = ["args", "env", "envVars", "cwd"] as const;
const ofHttp = ["bearerTokenEnvVar", "grant", "httpHeaders", "envHttpHeaders", "scopes", "oauthResource"] as const;

const notBesideGrant = ["bearerTokenEnvVar", "scopes", "oauthResource"] as const;

const mcpServer = z
  .strictObject({
    command: name.optional(),
    args: z.array(z.string()).optional(),
    env: z.record(variableName, z.string()).optional(),
    envVars: z.array(variableName).optional(),
    cwd: absolutePath.optional(),
    url: z
      .url({ protocol: /^https?$/, abort: true, error: "expected an http or https URL" })
      .refine((url) => !/[@#]/.test(url), { error: "expected a URL without credentials and fragment" })
      .optional(),
    bearerTokenEnvVar: variableName.optional(),
    grant: grantName.optional(),
    httpHeaders: z
      .record(
        headerName.refine((header) => header.toLowerCase() !== "authorization", {
          error: "a secret is not written into a spec: name the variable that holds it in `bearerTokenEnvVar`",
        }),
        z.string(),
      )
      .optional(),
    envHttpHeaders: z.record(headerName, variableName).optional(),
    scopes: z.array(name).optional(),
    oauthResource: name.optional(),
    enabled: z.boolean().optional(),
    required: z.boolean().optional(),
    startupTimeoutSec: seconds.optional(),
    toolTimeoutSec: seconds.optional(),
    enabledTools: z.array(name).optional(),
    disabledTools: z.array(name).optional(),
    defaultToolsApprovalMode: toolApprovalMode.optional(),
    supportsParallelToolCalls: z.boolean().optional(),
    tools: z.record(name, z.strictObject({ approvalMode: toolApprovalMode.optional() })).optional(),
  })
  .superRefine((server, context) => {
    if ((server.command === undefined) === (server.url === undefined)) {
      context.addIssue({ code: "custom", message: "expected exactly one of `command` and `url`" });
      return;
    }
    const [transport, others] = server.url === undefined ? (["url", ofHttp] as const) : (["command", ofStdio] as const);
    for (const key of others) {
      if (server[key] === undefined) continue;
      context.addIssue({ code: "custom", path: [key], message: `belongs to a server with \`${transport}\`` });
    }
    if (server.grant === undefined) return;
    const credential = Object.keys(server.envHttpHeaders ?? {}).filter((header) => /^authorization$/i.test(header));
    const contradictions = [
      ...notBesideGrant.filter((key) => server[key] !== undefined).map((key) => [key]),
      ...credential.map((header) => ["envHttpHeaders", header]),
    ];
    for (const path of contradictions) {
      context.addIssue({ code: "custom", path, message: "means nothing beside `grant`, which is the credential" });
    }
  });

const configName = z.string().regex(/^[A-Za-z0-9_-]+$/, { error: "expected a name of letters, digits, `_` and `-`" });

const mcpServers = z.record(configName, mcpServer).superRefine(within(settingsBounds));

const resources = z.strictObject({
  memoryMiB: z.int({ error: "expected a whole number" }).min(256, { error: "expected 256 or more" }).optional(),
  cpus: z.number().min(0.01, { error: "expected 0.01 or more" }).optional(),
  pids: z.int({ error: "expected a whole number" }).min(64, { error: "expected 64 or more" }).optional(),
  shmMiB: count.optional(),
  tmpMiB: count.optional(),
});

const portError = { error: "expected a port from 1 to 65535, or 0 for a free one" };

const isoMoment = z.iso.datetime({ offset: true });

/** TOML has moments of its own; one without an offset prints without one, and is refused. */
function momentText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

const moment = z
  .custom<string>((value) => isoMoment.safeParse(momentText(value)).success, {
    error: "expected a moment with its offset, such as 2027-01-31T00:00:00Z",
  })
  .transform(momentText);

const accessToken = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, {
    error: "expected up to 63 letters, digits, `_` and `-`, beginning with a letter or digit",
  }),
  token: secretInput,
  scopes: z.array(z.enum(tokenScopes)).min(1, { error: "expected at least one scope" }),
  expiresAt: moment.optional(),
});

const day = { error: "expected 1 to 86400 whole seconds" };
const bodySize = { error: "expected 1 to 256 whole MiB" };

const apiLimits = z.strictObject({
  changesPerMinute: count.optional(),
  streams: count.optional(),
  connections: count.optional(),
  requestTimeoutSeconds: z.int(day).min(1, day).max(86_400, day).optional(),
  promptMiB: z.int(bodySize).min(1, bodySize).max(256, bodySize).optional(),
  sessions: count.optional(),
  pendingPrompts: count.optional(),
  allPendingPrompts: count.optional(),
  pendingPromptsMiB: count.optional(),
  allPendingPromptsMiB: count.optional(),
  uploadMiB: count.optional(),
  allUploadsMiB: count.optional(),
});

const api = z
  .strictObject({
    port: z.int(portError).min(0, portError).max(65535, portError).optional(),
    hosts: z.array(hostName).min(1, { error: "expected at least one host" }).optional(),
    origins: z.array(origin).optional(),
    token: secretInput.optional(),
    tokens: z.array(accessToken).optional(),
    auth: z.enum(["token", "none"]).optional(),
    limits: apiLimits.optional(),
  })
  .superRefine(({ tokens = [], ...others }, context) => {
    tokens.forEach(({ name: tokenName }, index) => {
      if (tokens.findIndex((token) => token.name === tokenName) === index) return;
      context.addIssue({ code: "custom", path: ["tokens", index, "name"], message: "is the name of another token" });
    });
    if (others.auth !== "none") return;
    const contradictions = {
      token: others.token !== undefined && "has no meaning where `auth` is `none`",
      tokens: tokens.length > 0 && "has no meaning where `auth` is `none`",
      hosts: others.hosts?.includes("*") && "would let any web page in where `auth` is `none`: name the hosts",
      origins: others.origins?.includes("*") && "would let any web page in where `auth` is `none`: name the origins",
    };
    for (const [key, message] of Object.entries(contradictions)) {
      if (typeof message === "string") context.addIssue({ code: "custom", path: [key], message });
    }
  });

const sandboxMode = z.enum(["read-only", "workspace-write", "danger-full-access"]);

const specialPaths: readonly string[] = [":workspace_roots", ":tmpdir", ":slash_tmp"];

const permissionPath = z
  .string()
  .refine((path) => specialPaths.includes(path) || absolutePath.safeParse(path).data === path, {
    error: `expected an absolute path below / without \`..\` and without \`/\` at its end, or one of ${specialPaths.join(", ")}`,
  });

const permissions = z.union(
  [
    z.enum([":read-only", ":workspace", ":danger-full-access"]),
    z.strictObject({
      extends: z.enum([":read-only", ":workspace"]).optional(),
      filesystem: z.record(permissionPath, z.enum(["read", "write", "deny"])).optional(),
      networkAccess: z.boolean().optional(),
    }),
  ],
  {
    error:
      'expected ":read-only", ":workspace", ":danger-full-access", or { extends, filesystem, networkAccess } with `filesystem` as in { "/srv/cache": "write", "/srv/keys": "deny", ":workspace_roots": "read" }',
  },
);

const nobody = { error: "expected at least one" };
const enforce = z
  .strictObject({
    sandboxModes: z
      .array(sandboxMode)
      .refine((modes) => modes.includes("read-only"), {
        error: "expected `read-only` among them: it is what Codex falls back to, and it does not start without it",
      })
      .optional(),
    approvalPolicies: z
      .array(z.enum(["on-request", "never"]))
      .min(1, nobody)
      .optional(),
    approvalsReviewers: z
      .array(z.enum(["user", "auto_review"]))
      .min(1, nobody)
      .optional(),
  })
  .refine((value) => Object.values(value).some((list) => list !== undefined), {
    error: "expected at least one of `sandboxModes`, `approvalPolicies` and `approvalsReviewers`",
  });

/** Text is read, and held to the same bounds, when the workspace is planned. */
const settings = z.union([z.string(), z.record(z.string(), z.unknown()).superRefine(within(settingsBounds))], {
  error: "expected an object, or TOML text",
});

const hostPattern = z.string().superRefine((pattern, context) => {
  const read = readHostPattern(pattern);
  if ("fault" in read) context.addIssue({ code: "custom", message: read.fault });
});

const week = { error: "expected 1 to 604800 whole seconds" };

const approvals = z.strictObject({ timeoutSeconds: z.int(week).min(1, week).max(604_800, week).optional() });

const publishedPort = { error: "expected a port from 1 to 65535" };
const ownPorts: readonly number[] = [defaultApiPort, ...Object.values(relayPorts)];

const network = z
  .strictObject({
    mode: z.enum(["restricted", "open"]).optional(),
    allow: z.array(hostPattern).optional(),
    presets: z.array(z.enum(networkPresets)).optional(),
    upstreamProxy: z
      .union(
        [
          z.url({ protocol: /^http$/ }).refine((url) => /^http:\/\/[^/@?#]+\/?$/.test(url), { abort: true }),
          secretInput,
        ],
        {
          error:
            "expected an http URL such as http://proxy.example.com:3128, and for one with a password { env: NAME } or { file: PATH }",
        },
      )
      .optional(),
    ports: z
      .array(
        z
          .int(publishedPort)
          .min(1, publishedPort)
          .max(65535, publishedPort)
          .refine((port) => !ownPorts.includes(port), { error: "is a port that the workspace itself listens on" }),
      )
      .optional(),
  })
  .superRefine(({ mode, allow, presets }, context) => {
    if (mode !== "open") return;
    for (const [key, value] of Object.entries({ allow, presets })) {
      if (value === undefined) continue;
      context.addIssue({ code: "custom", path: [key], message: "means nothing where the network is open" });
    }
  });

const githubRule = z.string().superRefine((text, context) => {
  const rule = readGitHubRule(text);
  if ("fault" in rule) context.addIssue({ code: "custom", message: rule.fault });
});

const github = z.strictObject({
  allow: z.array(githubRule).min(1, { error: "expected at least one rule" }).optional(),
});

const webhook = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, abort: true, error: "expected an https URL" })
    .refine((url) => url.startsWith("https:") || isLoopback(new URL(url).hostname), {
      error: "expected https: over http, only this machine may be told",
    })
    .refine((url) => !/[@#]/.test(url), { error: "expected a URL without credentials and fragment" }),
  events: z
    .array(z.enum(["status", "turn", "approval"]))
    .min(1, nobody)
    .optional(),
  secret: secretInput.optional(),
});

/** Inputs that are meant to be, and are checked, and that this release does not act on. */
export const notInForce = ["webhooks"] as const;

const shape = z.strictObject({
  workdir: absolutePath.optional(),
  project: project.optional(),
  image: image.optional(),
  resources: resources.optional(),
  env: env.optional(),
  caCertificates: z.array(certificate).optional(),
  codexVersion: exactVersion.optional(),
  installCodex: z.boolean().optional(),
  sandboxMode: sandboxMode.optional(),
  permissions: permissions.optional(),
  approvalPolicy: approvalPolicy.optional(),
  networkAccess: z.boolean().optional(),
  writableRoots: z.array(absolutePath).optional(),
  fullAuto: z.boolean().optional(),
  trustProject: z.boolean().optional(),
  model: name.optional(),
  reviewModel: name.optional(),
  modelReasoningEffort: name.optional(),
  serviceTier: name.optional(),
  personality: z.enum(["none", "friendly", "pragmatic"]).optional(),
  modelContextWindow: count.optional(),
  modelAutoCompactTokenLimit: count.optional(),
  modelAutoCompactTokenLimitScope: z.enum(["total", "body_after_prefix"]).optional(),
  toolOutputTokenLimit: count.optional(),
  shellEnvironmentPolicy: shellEnvironmentPolicy.optional(),
  notify: z.array(z.string()).min(1, { error: "expected a program" }).optional(),
  agents: agents.optional(),
  features: features.optional(),
  modelProvider: modelProvider.optional(),
  modelLimits: modelLimits.optional(),
  enforce: enforce.optional(),
  mcpServers: mcpServers.optional(),
  baseConfigToml: z.string().optional(),
  extraSettings: settings.optional(),
  profiles: z.record(configName, settings).optional(),
  profile: z.string().optional(),
  systemPrompt: z.string().optional(),
  projectSystemPrompt: z.strictObject({ text: z.string(), changeTrackedFile: z.boolean().optional() }).optional(),
  initialPrompt: z.string().optional(),
  continue: z.boolean().optional(),
  approvals: approvals.optional(),
  statePersistence: z.boolean().optional(),
  preInstallScript: z.string().optional(),
  postInstallScript: z.string().optional(),
  logLevel: z.enum(["error", "warn", "info", "debug"]).optional(),
  api: api.optional(),
  network: network.optional(),
  labels: labels.optional(),
  grants: z.array(grantName).optional(),
  github: github.optional(),
  webhooks: z.array(webhook).optional(),
});

/** The schema behind {@link WorkspaceSpec}; its keys, kinds and messages. */
export const workspaceSpecSchema = shape
  .refine(
    ({ fullAuto, sandboxMode, approvalPolicy }) =>
      fullAuto !== true || (sandboxMode === undefined && approvalPolicy === undefined),
    { path: ["fullAuto"], error: "sets sandboxMode and approvalPolicy: write either it or those two" },
  )
  .superRefine(({ permissions: profile, ...rest }, context) => {
    if (profile === undefined) return;
    for (const key of ["sandboxMode", "networkAccess", "writableRoots", "fullAuto"] as const) {
      if (rest[key] === undefined || (key === "fullAuto" && !rest[key])) continue;
      context.addIssue({
        code: "custom",
        path: ["permissions"],
        message: `replaces the sandbox mode and its settings: write either it or \`${key}\``,
      });
    }
  })
  .superRefine(({ profile, profiles = {} }, context) => {
    if (profile === undefined || Object.hasOwn(profiles, profile)) return;
    const meant = nearest(profile, Object.keys(profiles));
    const message = `expected the name of one of \`profiles\`${meant === undefined ? "" : ` (did you mean \`${meant}\`?)`}`;
    context.addIssue({ code: "custom", path: ["profile"], message });
  })
  .refine(({ installCodex, image }) => installCodex !== false || image?.prebuilt === undefined, {
    path: ["installCodex"],
    error: "is about an image that is built: a prebuilt one holds Codex already",
  }) satisfies z.ZodType<WorkspaceSpec>;

function isSecretInput(value: unknown): boolean {
  return value instanceof Secret || isSecretReference(value);
}
