import { readFileSync } from "node:fs";
import { CodexWorkspace } from "@codex-workspace/pulumi";
import type * as pulumi from "@pulumi/pulumi";

export interface TeamWorkspaceArgs {
  readonly token: pulumi.Output<string>;
  /** Of the model provider. Without one the scripted demo model answers. */
  readonly apiKey?: pulumi.Output<string> | undefined;
  /** On the loopback address of the Docker host; 0: a free one. */
  readonly port: number;
  /** What this project reaches beside what all do. */
  readonly allow?: readonly string[];
}

/** What this team has decided for each of its workspaces: a project chooses a port, and which hosts it needs. */
export function teamWorkspace(name: string, { token, apiKey, port, allow = [] }: TeamWorkspaceArgs): CodexWorkspace {
  return new CodexWorkspace(name, {
    ...(apiKey === undefined
      ? { demoModel: true }
      : { modelProvider: { baseUrl: "https://api.openai.com/v1", apiKey } }),
    api: { token, port },
    systemPrompt: readFileSync(new URL("AGENTS.md", import.meta.url), "utf8"),
    sandboxMode: "workspace-write",
    approvalPolicy: "on-request",
    // Nobody weakens it: neither a person at the terminal, nor a repository.
    enforce: { sandboxModes: ["read-only", "workspace-write"], approvalPolicies: ["on-request"] },
    network: { presets: ["npm"], allow: ["docs.example.com", ...allow] },
    mcpServers: {
      memory: { command: "npx", args: ["-y", "@modelcontextprotocol/server-memory"], enabled: false },
      wiki: { url: "https://docs.example.com/mcp", enabled: false },
    },
    profiles: {
      review: { sandbox_mode: "read-only", model_reasoning_effort: "high" },
      quick: { model_reasoning_effort: "low" },
    },
    resources: { memoryMiB: 4096, tmpMiB: 512 },
    labels: { "com.example.team": "platform" },
  });
}
