import type { EgressPlan, EgressRule } from "../network/egress-plan.ts";
import { privateRangesBut } from "../network/private-ranges.ts";
import type { UpstreamProxy } from "../network/upstream-proxy.ts";
import type { RenderedFile } from "../render/render-files.ts";
import { Secret } from "../secret.ts";
import { gatewayPaths } from "./contract.ts";
import { upstreamProxyFile } from "./credential.ts";

/**
 * The files of the egress proxy: Squid's configuration and, where it leads through another proxy, the line about that. What it
 * says where it refuses is in the image.
 *
 * @param upstreamProxy - leads outside; undefined: the network does
 */
export function renderEgressProxy(plan: EgressPlan, upstreamProxy?: UpstreamProxy): RenderedFile[] {
  return [
    { path: "squid.conf", content: squidConf(plan, upstreamProxy), mode: 0o444 },
    {
      path: upstreamProxyFile,
      content: new Secret(upstreamProxy === undefined ? "" : peer(upstreamProxy)),
      mode: 0o444,
    },
  ];
}

function peer({ host, port, credentials }: UpstreamProxy): string {
  const [user = "", ...password] = (credentials?.reveal() ?? "").split(":").map(encodeURIComponent);
  const login = credentials === undefined ? "" : ` login=${user}:${password.join(":")}`;
  return `cache_peer ${host} parent ${port} 0 no-query no-digest default${login}\n`;
}

function squidConf({ rules }: EgressPlan, upstreamProxy: UpstreamProxy | undefined): string {
  const named = rules.flatMap(({ pattern }) => (pattern.kind === "address" ? [pattern.host] : []));
  // Names that lead outside through another proxy are resolved there, if they can be here at all.
  const lookup = upstreamProxy === undefined ? "" : "-n ";
  const names = rules.map((_, index) => `rule${index + 1}`);
  return [
    base,
    ...(upstreamProxy === undefined
      ? []
      : [`include ${gatewayPaths.config}/${upstreamProxyFile}`, "never_direct allow all", ""]),
    ...rules.flatMap((rule, index) => [...ruleAcls(rule, names[index] ?? ""), ""]),
    // A name that is not allowed is not even looked up: a look-up tells it to whoever answers for it.
    ...(names.length === 0
      ? ["http_access deny unlisted"]
      : [
          `acl listed any-of ${names.join(" ")}`,
          "http_access deny !listed unlisted",
          ...privateRangesBut(named).map((range) => `acl private dst ${lookup}${range}`),
          "http_access deny private private_refused",
          ...names.map((name) => `http_access allow ${name} ${name}_note`),
          "http_access deny all",
        ]),
    "",
  ].join("\n");
}

function ruleAcls({ name, pattern: { kind, host, ports } }: EgressRule, acl: string): string[] {
  // `-n`: never by the reverse name of an address, which its owner chooses.
  const hosts = {
    name: `dstdomain -n ${host}`,
    below: `dstdom_regex -n -i \\.${host.replaceAll(".", "\\.")}$`,
    address: `dst -n ${host}`,
  }[kind];
  return [
    `acl ${acl}_host ${hosts}`,
    `acl ${acl}_port port ${ports.join(" ")}`,
    `acl ${acl} all-of ${acl}_host ${acl}_port`,
    `acl ${acl}_note annotate_transaction decision=allowed rule=${name}`,
  ];
}

const base = `# One process that stores nothing, speaks to its own container alone, and says nothing about itself or its clients.
http_port 127.0.0.1:3128
visible_hostname egress-proxy
pid_filename none
cache deny all
cache_mem 0
memory_cache_shared off
memory_pools off
cache_log stdio:/dev/stderr
cache_store_log none
netdb_filename none
coredump_dir /tmp
pinger_enable off
hosts_file none
global_internal_static off
check_hostnames on
allow_underscore on
via off
forwarded_for delete
httpd_suppress_version_string on
quick_abort_min 0 KB
quick_abort_max 0 KB
dns_timeout 10 seconds
connect_timeout 30 seconds
shutdown_lifetime 1 seconds
error_directory ${gatewayPaths.errorPages}

# One JSON object for each request that was decided, but for those of the health check.
acl decided note decision
acl health dstdomain -n health.invalid
logformat trace {"time":%ts.%03tu,"host":"%#>rd","port":"%>rP","method":"%#rm","decision":"%{decision}note","rule":"%{rule}note","failure":"%err_code","sentBytes":%>st,"receivedBytes":%<st,"seconds":%tre-3}
access_log stdio:/dev/stdout logformat=trace decided !health

acl unlisted annotate_transaction decision=denied rule=none
deny_info ERR_NOT_ALLOWED unlisted
acl private_refused annotate_transaction decision=denied rule=private-address
deny_info ERR_PRIVATE_ADDRESS private_refused
acl wrong_protocol annotate_transaction decision=denied rule=protocol
deny_info ERR_PROTOCOL wrong_protocol

# Squid also speaks FTP, WHOIS and WAIS, would open the connection of an https URL itself, and has pages about itself.
acl tunnel method CONNECT
acl plain_http proto HTTP
http_access deny !tunnel !plain_http wrong_protocol
http_access deny manager wrong_protocol
`;
