/**
 * A Pulumi program whose prompt is a secret. It uses an output when Node has reported the rejection; with `--handle-other` it
 * handles a rejection of its own too.
 */
import { setImmediate } from "node:timers/promises";
import { CodexWorkspace } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";

const other = Promise.reject(new Error("an error of the program"));
const reported = new Set();
process.on("unhandledRejection", (error) => {
  if (!reported.has(error)) console.log(String(error));
  reported.add(error);
});
await pulumi.runtime.setMocks({
  call: () => ({}),
  newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
});
const { attachCommand } = new CodexWorkspace("agent", {
  api: { token: pulumi.secret("token") },
  demoModel: true,
  systemPrompt: pulumi.secret("Be brief."),
});
while (reported.size < 2) await setImmediate();
if (process.argv.includes("--handle-other")) other.catch(() => undefined);
attachCommand.apply(() => undefined);
await setImmediate();
