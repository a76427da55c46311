import { once } from "node:events";
import { parseArgs } from "node:util";
import { demoScript, echoScript } from "./script.ts";
import { startScriptedModel } from "./server.ts";

const scripts = { echo: echoScript, demo: demoScript };

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    mode: { type: "string", default: "echo" },
  },
});
if (values.mode !== "echo" && values.mode !== "demo") {
  throw new Error(`--mode is "echo" or "demo", not "${values.mode}"`);
}
if (!/^\d{1,5}$/.test(values.port)) throw new Error(`--port is a number, not "${values.port}"`);

const apiKey = process.env["SCRIPTED_MODEL_API_KEY"];
await using model = await startScriptedModel({
  host: values.host,
  port: Number(values.port),
  script: scripts[values.mode],
  ...(apiKey === undefined ? {} : { apiKey }),
});
process.stdout.write(`${JSON.stringify({ url: model.url, port: model.port })}\n`);

await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
