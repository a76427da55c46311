import { readFile } from "node:fs/promises";
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";
import type { CodexWorkspaceArgs } from "./args.ts";
import { CodexWorkspace } from "./codex-workspace.ts";

const schemaFile = new URL("../schema.json", import.meta.url);
const schema = await readFile(schemaFile, "utf8");
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

await main(provider, process.argv.slice(2));
