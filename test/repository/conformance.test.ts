import { tmpdir } from "node:os";
import { Container } from "@cdktf/provider-docker/lib/container/index.js";
import {
  containerDemoModelUrl,
  containerLayout,
  type ContainerRequest,
  renderFiles,
  toWorkspaceRequests,
} from "@codex-workspace/core";
import { App, TerraformStack, Testing } from "cdktf";
import type { ContainerCreateOptions } from "dockerode";
import { describe, expect, test } from "vitest";
import { type ContainerWords, toContainerConfig } from "../../cdktf/src/to-container-config.ts";
import { toContainerOptions } from "../../cli/src/engines/docker/to-dockerode.ts";
import { fullSpec, planOf } from "../../core/test-support/plan-of.ts";
import { toContainerArgs } from "../../pulumi/src/to-container-args.ts";
import { differencesOf } from "../support/differences.ts";
import { toOptions } from "../support/docker-provider/container-options.ts";
import type { ContainerArgs } from "../support/docker-provider/container.ts";
import { readSchema } from "../support/docker-provider/terraform-schema.ts";
import { toProperties } from "../support/docker-provider/terraform-words.ts";
import { publishedDifferences } from "../support/published-differences.ts";

const cases: Readonly<Record<string, object>> = {
  minimal: {},
  full: fullSpec,
  "with an open network": { network: { mode: "open" } },
  "with a directory of the host": { project: { bind: "/srv/app" } },
  "with limits": { resources: { memoryMiB: 512, cpus: 0.5, shmMiB: 64, tmpMiB: 64 } },
  "with a free port": { api: { port: 0 }, network: { ports: [3000] } },
};

describe.each(Object.entries(cases))("a workspace: %s", (_, spec) => {
  test.each([
    ["Pulumi", toPulumi],
    ["Terraform", toTerraform],
  ] as const)(
    "has the same containers through %s as through the command line, but for what is published",
    (provisioner, toProvider) => {
      const published = publishedDifferences(provisioner);
      for (const request of containersOf(spec)) {
        const differences = differencesOf(toContainerOptions(request), toProvider(request));
        const others = Object.entries(differences).filter(([path]) => !published.includes(path));
        expect(Object.fromEntries(others), request.role).toEqual({});
        expect(differences).toHaveProperty(["HostConfig.PidsLimit"]);
      }
    },
  );
});

function containersOf(spec: object): readonly ContainerRequest[] {
  const plan = planOf(spec, {
    gateways: true,
    demoModelUrl: "modelProvider" in spec ? undefined : containerDemoModelUrl,
  });
  const inputs = {
    image: "image",
    gatewayImage: "gateway-image",
    seccomp: "{}",
    demoModelProgram: "// the demo model",
  };
  return toWorkspaceRequests(plan, { ...inputs, rendered: renderFiles(plan, containerLayout(plan)) }).containers;
}

function toPulumi(request: ContainerRequest): ContainerCreateOptions {
  return toCreateOptions({ ...toContainerArgs(request), image: request.image } as ContainerArgs);
}

const words: ContainerWords = {
  texts: { text: (plain) => plain, content: () => undefined, secretFile: () => undefined },
  apiPort: undefined,
  writePrivate: () => ({ source: "", sourceHash: "" }),
};

function toTerraform(request: ContainerRequest): ContainerCreateOptions {
  const stack = new TerraformStack(new App({ outdir: tmpdir() }), "stack");
  new Container(stack, "container", { ...toContainerConfig(request, words), image: request.image });
  const { resource } = JSON.parse(Testing.synth(stack)) as {
    resource: { docker_container: { container: Record<string, unknown> } };
  };
  const schema = readSchema("container");
  // What can be there once is written without a list.
  const blocks = Object.entries(resource.docker_container.container).map(([name, value]) => [
    name,
    name in schema.blocks ? [value].flat() : value,
  ]);
  const block = Object.fromEntries(blocks) as Record<string, unknown>;
  return toCreateOptions(toProperties(schema, block) as unknown as ContainerArgs);
}

/** As the provider asks the engine, but that it connects networks one by one. */
function toCreateOptions(args: ContainerArgs): ContainerCreateOptions {
  const networks = (args.networksAdvanced ?? []).map(({ name, aliases }) => [name, { Aliases: aliases }] as const);
  return { ...toOptions(args), NetworkingConfig: { EndpointsConfig: Object.fromEntries(networks) } };
}
