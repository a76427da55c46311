import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { CodexWorkspace } from "@codex-workspace/cdktf";
import { App, TerraformStack } from "cdktf";

const { OPENAI_API_KEY, PORT } = process.env;

const app = new App();
const stack = new TerraformStack(app, "minimal");
new DockerProvider(stack, "docker");

const workspace = new CodexWorkspace(stack, "agent", {
  api: { token: { file: "api-token.txt" }, port: Number(PORT ?? 3284) },
  // Without a key, the scripted demo model answers.
  demoModel: OPENAI_API_KEY === undefined,
  systemPrompt: "Run the tests before you say that something works.",
});
workspace.addOutputs();

app.synth();
