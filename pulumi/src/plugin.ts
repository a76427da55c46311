import { readFileSync } from "node:fs";
import type { ComponentResourceOptions, Inputs } from "@pulumi/pulumi";
import { type ConstructResult, main, type Provider } from "@pulumi/pulumi/provider/index.js";
import type { CodexWorkspaceArgs } from "./args.ts";
import { CodexWorkspace } from "./codex-workspace.ts";
import { ArgsError } from "./input-problems.ts";

const schema = readFileSync(new URL(import.meta.resolve("@codex-workspace/pulumi/schema.json")), "utf8");
const { version } = JSON.parse(schema) as { readonly version: string };

/** The component for programs of other languages: Pulumi runs it as a plugin, and it declares what they ask for. */
const provider: Provider = {
  version,
  getSchema: () => Promise.resolve(schema),
  construct: (name, type, inputs, opts) => new Promise((resolve) => resolve(declare(name, type, inputs, opts))),
};

function declare(name: string, type: string, inputs: Inputs, opts: ComponentResourceOptions): ConstructResult {
  if (type !== CodexWorkspace.type) throw new Error(`this plugin has no ${type}`);
  const workspace = create(name, inputs, opts);
  const { urn, url, token, containerId, containerName, configHash, codexVersion, ready, attachCommand } = workspace;
  return { urn, state: { url, token, containerId, containerName, configHash, codexVersion, ready, attachCommand } };
}

function create(name: string, inputs: Inputs, opts: ComponentResourceOptions): CodexWorkspace {
  try {
    // As they were written, of any shape: they are checked there.
    return new CodexWorkspace(name, inputs as CodexWorkspaceArgs, opts);
  } catch (error) {
    // Of an error with properties the engine shows their values too, and one may be a key that was written in clear.
    throw error instanceof ArgsError ? new Error(error.message) : error;
  }
}

// Nothing is awaited here: Pulumi's host of Node programs loads this by `require`. What goes wrong ends the process.
void main(provider, process.argv.slice(2));
