#!/usr/bin/env node
// An MCP server on its standard streams, with one tool, `order`, that asks the person how many.
import { createInterface } from "node:readline";

const schema = { type: "object", properties: { count: { type: "integer" } }, required: ["count"] };
const tool = { name: "order", description: "Orders some.", inputSchema: { type: "object", properties: {} } };
const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "desk", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: [{ ...tool, annotations: { readOnlyHint: true } }] }),
};
const send = (frame) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...frame })}\n`);

let call;
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params, result: answer } = JSON.parse(line);
  if (method === "tools/call") {
    call = id;
    const params = { message: "How many?", requestedSchema: schema };
    send({ id: "how-many", method: "elicitation/create", params });
  } else if (id === "how-many") {
    const text = answer.action === "accept" ? `ordered ${answer.content.count}` : answer.action;
    send({ id: call, result: { content: [{ type: "text", text }] } });
  } else if (id !== undefined) {
    const result = answers[method]?.(params);
    send({ id, ...(result === undefined ? { error: { code: -32601, message: `no ${method}` } } : { result }) });
  }
}
