/** Prints the milliseconds from an empty app to Terraform's JSON, with a workspace or without. Arguments: its folder, and `with`. */
import { performance } from "node:perf_hooks";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { CodexWorkspace } from "@codex-workspace/cdktf";
import { App, TerraformStack } from "cdktf";

const [outdir, way] = process.argv.slice(2);
const began = performance.now();
const app = new App({ outdir });
const stack = new TerraformStack(app, "agents");
new DockerProvider(stack, "docker");
if (way === "with") {
  const modelProvider = { baseUrl: "https://api.openai.com/v1", apiKey: { env: "KEY" } };
  new CodexWorkspace(stack, "agent", { api: { token: { env: "TOKEN" } }, modelProvider, approvalPolicy: "never" });
}
app.synth();
console.log(performance.now() - began);
