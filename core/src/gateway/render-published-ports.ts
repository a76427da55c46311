import { publishedSocket } from "./contract.ts";
import type { PublishedPort } from "./gateway-plan.ts";

/**
 * Configuration of the nginx that carries the published ports, the API's among them. It is a process of its own in the model
 * gateway's container: requests from inside the workspace go to another process, and so take none of its connections.
 */
export function renderPublishedPorts(ports: readonly PublishedPort[]): string {
  const connections = ports.reduce((sum, port) => sum + port.connections, 0);
  return [
    "load_module /usr/lib/nginx/modules/ngx_stream_module.so;",
    "worker_processes 1;",
    `worker_rlimit_nofile ${2 * connections + 64};`,
    "pid /tmp/published.pid;",
    "error_log stderr warn;",
    "# Two for each connection: from the client, and to the workspace.",
    `events { worker_connections ${2 * connections + 32}; }`,
    "",
    "stream {",
    "  limit_conn_zone $server_port zone=published:32k;",
    ...ports.map(publishedServer),
    "}",
    "",
  ].join("\n");
}

/** As bytes, so that every protocol passes: streams, WebSockets. */
function publishedServer({ port, connections }: PublishedPort): string {
  return `  server { listen ${port}; limit_conn published ${connections}; proxy_pass unix:${publishedSocket(port)}; proxy_timeout 1d; }`;
}
