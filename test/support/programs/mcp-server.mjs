#!/usr/bin/env node
// An MCP server on its standard streams, with one tool: `lookup`.
import { createInterface } from "node:readline";

const tool = { name: "lookup", description: "Looks something up.", inputSchema: { type: "object", properties: {} } };
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "mcp-server", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: [tool] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const result = answers[method]?.(params);
  const answer = result === undefined ? { error: { code: -32601, message: `no ${method}` } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...answer })}\n`);
}
