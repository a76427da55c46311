import { readFileSync } from "node:fs";
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import type { CodexWorkspaceArgs } from "./args.ts";
import { CodexWorkspace } from "./codex-workspace.ts";

const schema = readFileSync(new URL(import.meta.resolve("@codex-workspace/pulumi/schema.json")), "utf8");
const { version } = JSON.parse(schema) as { readonly version: string };

/** The component for programs of other languages: Pulumi runs it as a plugin, and it declares what they ask for. */
const provider: Provider = {
  version,
  getSchema: () => Promise.resolve(schema),
  construct: (name, type, inputs, opts) => {
    if (type !== CodexWorkspace.type) return Promise.reject(new Error(`this plugin has no ${type}`));
    // As they were written, of any shape: they are checked there.
    const workspace = new CodexWorkspace(name, inputs as CodexWorkspaceArgs, opts);
    const { urn, url, token, containerId, containerName, configHash, codexVersion, ready, attachCommand } = workspace;
    const state = { url, token, containerId, containerName, configHash, codexVersion, ready, attachCommand };
    return Promise.resolve({ urn, state });
  },
};

// Nothing is awaited here: Pulumi's host of Node programs loads this by `require`. What goes wrong ends the process.
void main(provider, process.argv.slice(2));
