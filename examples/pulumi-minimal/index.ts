import { CodexWorkspace } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const apiKey = config.getSecret("openaiApiKey");

const workspace = new CodexWorkspace("agent", {
  api: { token: config.requireSecret("apiToken"), port: config.getNumber("port") ?? 3284 },
  // Without a key, the scripted demo model answers.
  ...(apiKey === undefined ? { demoModel: true } : { modelProvider: { baseUrl: "https://api.openai.com/v1", apiKey } }),
  systemPrompt: "Run the tests before you say that something works.",
});

export const { url, token, attachCommand, codexVersion } = workspace;
