import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation/index.js";

const run = promisify(execFile);

/** How Pulumi marks a secret in what it exports. */
const secretMark = "4dabf18193072939515e22adb298388d";

interface StoredResource {
  readonly type: string;
  readonly urn: string;
  readonly inputs: Record<string, unknown>;
  readonly dependencies?: readonly string[];
}

const constructors: Readonly<
  Record<string, new (name: string, args: never, options: pulumi.CustomResourceOptions) => pulumi.CustomResource>
> = {
  "docker:index/container:Container": docker.Container,
  "docker:index/network:Network": docker.Network,
  "docker:index/remoteImage:RemoteImage": docker.RemoteImage,
  "docker:index/volume:Volume": docker.Volume,
};

/** A program of the Docker resources that a stack has, each with the same values but under other names in Docker. */
export async function bareProgramOf(stack: Stack, oldName: string, newName: string): Promise<PulumiFn> {
  const { pulumiHome = "", workDir, envVars } = stack.workspace;
  const { stdout } = await run("pulumi", ["stack", "export", "--show-secrets", "--stack", stack.name], {
    cwd: workDir,
    env: { ...process.env, ...envVars, PULUMI_HOME: pulumiHome },
    maxBuffer: 64 * 1024 * 1024,
  });
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: StoredResource[] } };
  const resources = deployment.resources.filter(({ type }) => type in constructors);
  return () => {
    const created = new Map<string, pulumi.CustomResource>();
    for (const { type, urn, inputs, dependencies = [] } of resources) {
      const Resource = constructors[type]!;
      const { uploads, ...others } = revealed(inputs) as Record<string, unknown>;
      const renamed = JSON.parse(JSON.stringify(others).replaceAll(oldName, newName)) as Record<string, unknown>;
      // What is carried stays as it is: its manifest has a hash of every file.
      const args = { ...renamed, ...(uploads !== undefined && { uploads }) } as never;
      const dependsOn = dependencies.flatMap((dependency) => created.get(dependency) ?? []);
      const options = { dependsOn, deleteBeforeReplace: true, additionalSecretOutputs: ["uploads"] };
      created.set(urn, new Resource(urn.split("::").at(-1) ?? "", args, options));
    }
    return Promise.resolve();
  };
}

function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  if (secretMark in value && "plaintext" in value) return JSON.parse(String(value.plaintext));
  const entries = Object.entries(value).filter(([name]) => !name.startsWith("__"));
  return Object.fromEntries(entries.map(([name, inner]) => [name, revealed(inner)]));
}
