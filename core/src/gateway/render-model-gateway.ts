import { WorkspaceError } from "../errors.ts";
import type { UpstreamProxy } from "../network/upstream-proxy.ts";
import type { RenderedFile } from "../render/render-files.ts";
import { Secret } from "../secret.ts";
import { gatewayPaths, gatewayRoutes, gatewaySockets, pushCheck, relayConnections } from "./contract.ts";
import {
  basicAuthorization,
  bearer,
  type Credential,
  credentialsFile,
  headerValue,
  modelKeyFile,
  revealSendable,
  upstreamProxyFile,
} from "./credential.ts";
import type { GatewayPlan, GitHubRoute, GrantRoute, McpRoute, ModelRoute } from "./gateway-plan.ts";
import {
  checkedPushes,
  githubRequests,
  grantRequests,
  modelRequests,
  mcpRequests,
  type RequestRule,
} from "./request-rules.ts";
import { renderPublishedPorts } from "./render-published-ports.ts";
import { portOf, type Tunnel, tunnelTo } from "./tunnel.ts";

/**
 * The files of the model gateway: nginx's configuration, the model key, one secret file with every other credential, and the
 * certificates to trust beside the system's. nginx has no header from a file, so a credential is a line of its configuration,
 * included; that of the model key is made in the container, so that whoever hands over the key need not read it. nginx knows no
 * proxy either: `tunnels` says which sockets socat makes, with a tunnel through it behind each.
 *
 * @param upstreamProxy - leads outside; undefined: the network does
 * @throws WorkspaceError `SECRET_INVALID`; `SPEC_INVALID` where a URL or the organisation has a character that means
 * something to nginx
 */
export function renderModelGateway(plan: GatewayPlan, upstreamProxy?: UpstreamProxy): RenderedFile[] {
  const upstreams = upstreamsOf(plan).map((upstream, index) => ({
    ...upstream,
    tunnel: upstreamProxy && tunnelTo(upstream.url, upstreamProxy, index),
  }));
  const tunnels = upstreams.flatMap(({ tunnel }) =>
    tunnel === undefined ? [] : [`${tunnel.socket} ${tunnel.address}\n`],
  );
  return [
    { path: "nginx.conf", content: nginxConf(plan, upstreams), mode: 0o444 },
    { path: "published.conf", content: renderPublishedPorts(plan.publishedPorts), mode: 0o444 },
    {
      path: "ca-certificates.pem",
      content: plan.caCertificates.map((certificate) => `${certificate.trim()}\n`).join(""),
      mode: 0o444,
    },
    // Read by nginx's user, who does not own them; nobody else is in this container, and no other one has the volume.
    { path: modelKeyFile, content: modelKey(upstreams), mode: 0o444 },
    { path: credentialsFile, content: credentials(upstreams), mode: 0o444 },
    { path: upstreamProxyFile, content: upstreamProxy?.credentials ?? new Secret(""), mode: 0o444 },
    { path: "tunnels", content: tunnels.join(""), mode: 0o444 },
  ];
}

function modelKey(upstreams: readonly Upstream[]): Secret {
  return new Secret(
    upstreams.map(({ credential }) => (credential?.file === modelKeyFile ? revealSendable(credential) : "")).join(""),
  );
}

/** Each as the value of a variable. All are in one file, so that one that is no more leaves nothing behind. */
function credentials(upstreams: readonly Upstream[]): Secret {
  const lines = upstreams.map(({ credential }, index) =>
    credential?.file === credentialsFile
      ? `map "" ${variable(index)} { default "${headerValue(credential, revealSendable(credential))}"; }\n`
      : "",
  );
  return new Secret(lines.join(""));
}

/** The same of the model key, which is in a variable of its own by then; none, where its file is empty. */
function modelCredentials(upstreams: readonly Upstream[]): string[] {
  return upstreams.flatMap(({ credential }, index) =>
    credential?.file === modelKeyFile
      ? [`map $model_key ${variable(index)} { "" ""; default "${headerValue(credential, "$model_key")}"; }`]
      : [],
  );
}

/** nginx compares names of variables, and keys of maps, without regard to case: a number is nobody else's. */
function variable(upstream: number): string {
  return `$credential_${upstream + 1}`;
}

/** A part of the gateway's paths, and the one place that it leads to. */
interface Upstream {
  /** `/v1/`: whatever begins so; `= /mcp/wiki`: that path alone. */
  readonly location: string;
  /** Which path of the gateway becomes which of the upstream, in nginx's words; `after`: what follows that, as it was sent. */
  readonly path: { readonly rewrite: string } | { readonly after: string };
  readonly url: URL;
  readonly credential: Credential | undefined;
  /** Where requests go that nginx itself cannot judge, before `path` applies. */
  readonly detour?: string;
  /** What else this location has. */
  readonly directives: readonly string[];
  readonly refusal: string;
  readonly rules: readonly RequestRule[];
}

/** With the way to it, where that is not the network. */
type TunnelledUpstream = Upstream & { readonly tunnel: Tunnel | undefined };

function upstreamsOf({ model, github, mcpServers, grants }: GatewayPlan): Upstream[] {
  return [
    ...(model === undefined ? [] : [modelUpstream(model)]),
    ...(github === undefined ? [] : githubUpstreams(github)),
    ...mcpServers.map(mcpUpstream),
    ...grants.map(grantUpstream),
  ];
}

function modelUpstream({ baseUrl, key, keyHeader, organization, limits }: ModelRoute): Upstream {
  const url = plainUrl(baseUrl);
  const scheme = keyHeader === "Authorization" ? "Bearer" : undefined;
  return {
    location: `${gatewayRoutes.model}/`,
    path: below(gatewayRoutes.model, url),
    url,
    credential: key && { owner: "the model key", header: keyHeader, scheme, secret: key, file: modelKeyFile },
    directives: [
      ...(organization === undefined
        ? []
        : [`proxy_set_header OpenAI-Organization "${plain(organization, /^[\w.-]+$/)}";`]),
      `limit_req zone=requests burst=${limits.requestsPerMinute} nodelay;`,
      `limit_conn connections ${limits.concurrentRequests};`,
      "error_page 429 @limited;",
    ],
    refusal: jsonError("path_not_allowed", "This gateway carries what Codex asks a model provider for, and not this."),
    rules: modelRequests(),
  };
}

function githubUpstreams(route: GitHubRoute): Upstream[] {
  const { gitUrl, apiUrl, token, rules } = route;
  const owner = "the GitHub token";
  const [git, api] = [plainUrl(gitUrl), plainUrl(apiUrl)];
  const requests = githubRequests(rules);
  return [
    {
      location: `${gatewayRoutes.githubGit}/`,
      path: below(gatewayRoutes.githubGit, git),
      url: git,
      credential: { ...bearer(owner, basicAuthorization(token)), scheme: "Basic" },
      ...(checksPushes(route) && {
        detour: `if ($checked) { rewrite ^${gatewayRoutes.githubGit}/(.*)$ ${pushCheck.route}/$1 last; }`,
      }),
      // git shows its user what a server says in plain text.
      directives: ["default_type text/plain;", ...redirects(gatewayRoutes.githubGit, git)],
      refusal: "The GitHub grant of this workspace does not allow this for this repository.",
      rules: requests.git,
    },
    {
      location: `${gatewayRoutes.githubApi}/`,
      path: below(gatewayRoutes.githubApi, api),
      url: api,
      credential: bearer(owner, token),
      directives: redirects(gatewayRoutes.githubApi, api),
      refusal: JSON.stringify({ message: "The GitHub grant of this workspace does not allow this request." }),
      rules: requests.api,
    },
    ...(checksPushes(route) ? pushUpstreams(route) : []),
  ];
}

function checksPushes({ rules }: GitHubRoute): boolean {
  return rules.some(({ access }) => access === "push");
}

/** A checked push, and the question for the default branch. Of the client's headers neither sends on more than it names. */
function pushUpstreams({ gitUrl, apiUrl, token }: GitHubRoute): Upstream[] {
  const owner = "the GitHub token";
  const [git, api] = [plainUrl(gitUrl), plainUrl(apiUrl)];
  const repositories = plainUrl(`${api.href.replace(/\/$/, "")}/repos`);
  return [
    {
      location: pushCheck.checked,
      path: below(pushCheck.route, git),
      url: git,
      credential: { ...bearer(owner, basicAuthorization(token)), scheme: "Basic" },
      directives: [
        "default_type text/plain;",
        "proxy_pass_request_headers off;",
        "proxy_set_header Content-Type $content_type;",
        "proxy_set_header Accept $http_accept;",
        "proxy_set_header User-Agent $http_user_agent;",
        ...redirects(gatewayRoutes.githubGit, git),
      ],
      refusal: "",
      rules: [],
    },
    {
      location: `${pushCheck.defaultBranch}/`,
      path: below(pushCheck.defaultBranch, repositories),
      url: api,
      credential: bearer(owner, token),
      directives: [
        "internal;",
        "proxy_method GET;",
        "proxy_pass_request_headers off;",
        "proxy_pass_request_body off;",
        'proxy_set_header Content-Length "";',
        'proxy_set_header Accept "application/vnd.github+json";',
        'proxy_set_header User-Agent "codex-workspace";',
        "proxy_read_timeout 30s;",
        "subrequest_output_buffer_size 1m;",
      ],
      refusal: "",
      rules: [],
    },
  ];
}

/** nginx takes a whole push into memory, so that what was checked is what is sent. */
function pushLocations(): string[] {
  const { route, maxMiB, atOnce } = pushCheck;
  const tooLarge = `The GitHub grant of this workspace takes pushes of at most ${maxMiB} MiB.`;
  return [
    `location ${route}/ {`,
    "  internal;",
    "  default_type text/plain;",
    `  client_max_body_size ${maxMiB}m;`,
    `  client_body_buffer_size ${maxMiB}m;`,
    `  limit_conn pushes ${atOnce};`,
    "  limit_conn_status 429;",
    "  error_page 413 @push_too_large;",
    "  js_content push.check;",
    "}",
    `location @push_too_large { default_type text/plain; set $refused refused; return 413 '${tooLarge}\\n'; }`,
  ];
}

function mcpUpstream({ name, url: address, token }: McpRoute): Upstream {
  const url = plainUrl(address);
  return {
    location: `= ${gatewayRoutes.mcp}/${name}`,
    path: { rewrite: `^ ${url.pathname}${url.search} break` },
    url,
    credential: bearer(`the token of the MCP server ${name}`, token),
    directives: [],
    refusal: jsonError("method_not_allowed", "An MCP server is asked with GET, POST and DELETE."),
    rules: mcpRequests(name),
  };
}

/** Its path is sent on as it came, since programs tell `%2F` from `/`; it stays within the host, all of which is granted. */
function grantUpstream({ name, host, token }: GrantRoute): Upstream {
  const route = `${gatewayRoutes.grants}/${name}`;
  const url = plainUrl(`https://${host}/`);
  return {
    location: `${route}/`,
    path: { after: route },
    url,
    credential: bearer(`the grant "${name}"`, token),
    directives: redirects(route, url),
    refusal: jsonError("path_not_allowed", "This gateway carries no such path."),
    rules: grantRequests(name),
  };
}

/** Where an upstream sends its client to another of its own addresses, a repository that was renamed for one, that is one of ours. */
function redirects(route: string, { origin, pathname }: URL): string[] {
  const base = pathname.replace(/\/$/, "");
  return [`proxy_redirect ${origin}${base}/ ${route}/;`, `proxy_redirect ${base}/ ${route}/;`];
}

function below(route: string, { pathname }: URL): Upstream["path"] {
  return { rewrite: `^${route}/(.*)$ ${pathname.replace(/\/$/, "")}/$1 break` };
}

function plainUrl(text: string): URL {
  const { href } = new URL(text);
  return new URL(plain(href, /^https?:\/\/([\w.-]+|\[[0-9a-f:]+\])(:\d+)?\/[\w./~-]*(\?[\w.~=&%-]*)?$/));
}

function plain(text: string, form: RegExp): string {
  if (form.test(text)) return text;
  throw new WorkspaceError(`the gateway does not send on what is in "${text}"`, {
    code: "SPEC_INVALID",
    remedy: "Use a value of letters, digits and . _ ~ - only, and / in a path.",
  });
}

function jsonError(code: string, message: string): string {
  return JSON.stringify({ error: { message, type: "gateway", code } });
}

/** What a client may send as credential, or to be taken for somebody else; only what the plan has goes on. */
const droppedHeaders: readonly string[] = [
  "Authorization",
  "Proxy-Authorization",
  "Cookie",
  "api-key",
  "OpenAI-Organization",
  "OpenAI-Project",
  "X-HTTP-Method-Override",
  "X-HTTP-Method",
  "X-Method-Override",
];

function locationBlock(upstream: TunnelledUpstream, index: number): string[] {
  const { location, path, url, credential, detour, directives, refusal } = upstream;
  const { hostname, host } = url;
  const set = [credential?.header, ...directives.map((line) => /^proxy_set_header (\S+)/.exec(line)?.[1])];
  return [
    `location ${location} {`,
    `  set $to_host "${hostname}";`,
    `  set $to_port ${portOf(url)};`,
    `  if ($rule = none) { return 403 '${refusal}\\n'; }`,
    ...(detour === undefined ? [] : [`  ${detour}`]),
    ...("rewrite" in path
      ? [`  rewrite ${path.rewrite};`, `  proxy_pass ${addressOf(upstream, "")};`]
      : [
          `  if ($sent_path = "") { return 403 '${refusal}\\n'; }`,
          `  proxy_pass ${addressOf(upstream, "$sent_path")};`,
        ]),
    `  proxy_ssl_name "${hostname}";`,
    `  proxy_set_header Host "${host}";`,
    '  proxy_set_header Connection "";',
    '  proxy_set_header Accept-Encoding "";',
    ...droppedHeaders.filter((header) => !set.includes(header)).map((header) => `  proxy_set_header ${header} "";`),
    ...(credential === undefined ? [] : [`  proxy_set_header ${credential.header} ${variable(index)};`]),
    // What an upstream itself says passes as it is.
    "  error_page 502 504 @unreachable;",
    ...directives.map((line) => `  ${line}`),
    "}",
  ];
}

/** Where it is asked. A name is a variable: it is looked up when it is needed, and not once for all. */
function addressOf({ url, tunnel }: TunnelledUpstream, path: string): string {
  if (tunnel === undefined) return `${url.protocol}//$to_host:$to_port${path}`;
  return `${url.protocol}//unix:${tunnel.socket}${path === "" ? "" : `:${path}`}`;
}

function nginxConf({ model, github }: GatewayPlan, upstreams: readonly TunnelledUpstream[]): string {
  const checks = github !== undefined && checksPushes(github);
  const limited = jsonError("workspace_limit", "This workspace asks its model more often than its plan allows. Wait.");
  // nginx has one status for these causes; its error log tells them apart.
  const unreachable = jsonError(
    "upstream_unreachable",
    "The model gateway cannot reach $to_host:$to_port, or does not trust its certificate. Check that host and its URL in the spec; `codex-workspace logs model-gateway` has the cause.",
  );
  const locations = [
    "location = /healthz { access_log off; return 204; }",
    `location / { return 403 '${jsonError("path_not_allowed", "This gateway has nothing at this path.")}\\n'; }`,
    `location @limited { add_header Retry-After 10 always; return 429 '${limited}\\n'; }`,
    `location @unreachable { set $failure unreachable; return 502 '${unreachable}\\n'; }`,
    ...upstreams.flatMap(locationBlock),
    ...(checks ? pushLocations() : []),
  ];
  const zones = [
    `limit_req_zone model zone=requests:32k rate=${model?.limits.requestsPerMinute ?? 1}r/m;`,
    "limit_conn_zone model zone=connections:32k;",
    "limit_req_status 429;",
    "limit_conn_status 429;",
  ];
  const checkedMap = [
    "",
    "  # Pushes of which the rule allows some branches only.",
    '  map "$rule $request_method $uri" $checked {',
    '    default "";',
    `    "~*${checkedPushes}" 1;`,
    "  }",
    "  limit_conn_zone push zone=pushes:32k;",
    `  js_import push from ${pushCheck.program};`,
  ];
  return [
    ...(checks ? ["load_module /usr/lib/nginx/modules/ngx_http_js_module.so;"] : []),
    processBlock,
    "http {",
    httpBase,
    `  include ${gatewayPaths.modelKeyConf};`,
    `  include ${gatewayPaths.config}/${credentialsFile};`,
    ...modelCredentials(upstreams).map((line) => `  ${line}`),
    ...(model === undefined ? [] : zones.map((line) => `  ${line}`)),
    "",
    "  # What is allowed, by method, query and path; first come, first served.",
    '  map "$request_method $args $uri" $rule {',
    "    default none;",
    ...upstreams.flatMap(({ rules }) => rules.map(({ pattern, name }) => `    "~*${pattern}" "${name}";`)),
    "  }",
    ...(checks ? checkedMap : []),
    ...sentPaths(upstreams),
    "",
    "  server {",
    `    listen unix:${gatewaySockets.modelGateway};`,
    '    set $to_host "";',
    "    set $to_port 0;",
    '    set $refused "";',
    '    set $failure "";',
    ...locations.map((line) => `    ${line}`),
    "  }",
    "}",
    "",
  ].join("\n");
}

/** In a map and not in a location, where nginx would escape once more what was escaped already. */
function sentPaths(upstreams: readonly Upstream[]): string[] {
  const routes = upstreams.flatMap(({ path }) => ("after" in path ? [path.after.replaceAll(".", "\\.")] : []));
  if (routes.length === 0) return [];
  return [
    "",
    "  # What follows a route, as the client sent it.",
    "  map $request_uri $sent_path {",
    ...routes.map((route) => `    "~^${route}(?<path>/.*)$" $path;`),
    "  }",
  ];
}

const processBlock = `worker_processes 1;
worker_rlimit_nofile 2048;
pid /tmp/nginx.pid;
error_log stderr warn;
# Two for each connection of the workspace's relay, and as many again for health checks and workers of a former configuration.
events { worker_connections ${4 * relayConnections}; }
`;

/** Docker's resolver for the containers of a network; a gateway's network has no IPv6 of its own. */
const resolver = "127.0.0.11 ipv6=off";

const httpBase = `  server_tokens off;
  default_type application/json;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  resolver ${resolver};

  # A head comes at once. A body comes in parts, as the client has them.
  client_header_timeout 10s;
  client_body_timeout 30s;

  # Nothing waits here: requests, answers and aborts pass as they come. A model may think for long.
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_buffering off;
  # What is read at once: with nginx's own 4 KiB a large answer took half as long again.
  proxy_buffer_size 64k;
  proxy_buffers 4 64k;
  proxy_read_timeout 1h;
  proxy_send_timeout 1h;
  proxy_redirect off;
  absolute_redirect off;
  proxy_ssl_server_name on;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 5;
  proxy_ssl_trusted_certificate ${gatewayPaths.caBundle};

  # One JSON object for each request.
  map "$limit_req_status $limit_conn_status" $limited { default ""; ~REJECTED limit; }
  map "$limited$refused" $traced_rule { default limit; refused none; "" $rule; }
  map $traced_rule $decision { default allowed; none denied; limit denied; }
  log_format trace escape=json '{"time":$msec,"host":"$to_host","port":"$to_port","method":"$request_method",'
    '"decision":"$decision","rule":"$traced_rule","failure":"$failure","sentBytes":$request_length,"receivedBytes":$bytes_sent,'
    '"seconds":$request_time}';
  access_log /dev/stdout trace;
`;
