/**
 * An MCP server over HTTPS at /mcp, with one tool, `lookup`, for who has TOKEN. Whatever else is asked it answers with what it was asked. Each
 * arrival is printed as a line of JSON.
 */
import { createServer } from "node:https";

const { TLS_KEY: key, TLS_CERT: cert, TOKEN } = process.env;
const tool = { name: "lookup", description: "Looks something up.", inputSchema: { type: "object", properties: {} } };
const results = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "mcp-http-server", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: [tool] }),
  "tools/call": () => ({ content: [{ type: "text", text: "found it" }] }),
};

createServer({ key, cert }, async (request, response) => {
  const { method, url, headers } = request;
  let body = "";
  for await (const chunk of request) body += chunk;
  console.log(JSON.stringify({ arrived: url, method, headers, body }));
  if (headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end();
  else if (url !== "/mcp") response.end(JSON.stringify({ method, url }));
  else if (method !== "POST") response.writeHead(405).end();
  else {
    const { id, method: called, params } = JSON.parse(body);
    if (id === undefined) return response.writeHead(202).end();
    const result = results[called]?.(params);
    const answer = result === undefined ? { error: { code: -32601, message: `no ${called}` } } : { result };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  }
}).listen(443);
console.log(JSON.stringify({ listening: 443 }));
process.on("SIGTERM", () => process.exit());
