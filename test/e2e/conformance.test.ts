import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider/index.js";
import { CodexWorkspace as WorkspaceConstruct, type CodexWorkspaceProps } from "@codex-workspace/cdktf";
import { CodexWorkspace as WorkspaceComponent } from "@codex-workspace/pulumi";
import { App, TerraformStack, Testing } from "cdktf";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TestCli } from "../support/cli.ts";
import { type Differences, differencesOf } from "../support/differences.ts";
import { docker, withoutDocker } from "../support/docker.ts";
import { type DockerSnapshot, takeSnapshot } from "../support/docker-snapshot.ts";
import { freePort } from "../support/free-port.ts";
import { testImageInputs } from "../support/image.ts";
import { publishedDifferences } from "../support/published-differences.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";
import { findTerraform, TestTerraform } from "../support/terraform.ts";

const pulumi = await findPulumi();
const terraform = await findTerraform();
const without = [pulumi, terraform].flatMap((found) => ("without" in found ? [found.without] : []));
const reason = (await withoutDocker()) ?? without[0];
if (reason !== undefined) console.warn(`SKIPPED test/e2e/conformance.test.ts: ${reason}`);

type Spec = Omit<CodexWorkspaceProps, "provider">;
type Specs = Readonly<Record<string, Spec>>;

describe.skipIf(reason !== undefined)("workspaces of the same specs", () => {
  const id = randomBytes(4).toString("hex");
  const secrets = { API_TOKEN: randomBytes(32).toString("hex"), MODEL_KEY: randomBytes(32).toString("hex") };
  const nameOf = (spec: string): string => `conformance-${id}-${spec}`;
  const projectVolume = `conformance-${id}-project`;
  let directory: string;
  let specs: Specs;
  let snapshotOfCli: DockerSnapshot;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "codex-workspace-conformance-"));
    for (const [name, value] of Object.entries({ ...secrets, HOME: directory })) vi.stubEnv(name, value);
    specs = await specsFor(join(directory, "project"));
    snapshotOfCli = await upAlone(upByCli);
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });

  test.each([
    ["Pulumi", upByPulumi],
    ["Terraform", upByTerraform],
  ] as const)(
    "are the same through %s as through the command line, but for what docs/docker-provider.md says",
    async (provisioner, up) => {
      const differences = compare(snapshotOfCli, await upAlone(up));
      const published = publishedDifferences(provisioner);
      const others = Object.entries(differences).filter(([path]) => !published.includes(path));
      expect(Object.fromEntries(others)).toEqual({});
      expect(Object.keys(differences).sort()).toEqual(published.sort());
    },
  );

  /** Brings them up in one way, and leaves nothing for the next one. */
  async function upAlone(up: () => Promise<DockerSnapshot>): Promise<DockerSnapshot> {
    try {
      return await up();
    } finally {
      // What is kept, of which Terraform's have no label.
      await docker(["volume", "rm", "--force", projectVolume, `codex-workspace-${nameOf("demo")}-home`]);
    }
  }

  async function upByCli(): Promise<DockerSnapshot> {
    await using cli = await TestCli.create("docker");
    const started = Object.entries(specs).map(async ([key, { workspaceName = "", demoModel: _, ...spec }]) => {
      await writeFile(cli.path(`${key}.json`), JSON.stringify(spec));
      await cli.up(["--name", workspaceName, "--spec", `${key}.json`], { env: secrets });
    });
    await Promise.all(started);
    return await takeSnapshots();
  }

  async function upByPulumi(): Promise<DockerSnapshot> {
    if ("without" in pulumi) throw new Error(pulumi.without);
    await using stack = await TestStack.create(pulumi.program, "conformance", () => {
      for (const [key, spec] of Object.entries(specs)) new WorkspaceComponent(key, spec);
      return Promise.resolve();
    });
    console.info(`Docker provider of Pulumi: ${stack.provider}`);
    await stack.stack.up();
    return await takeSnapshots();
  }

  async function upByTerraform(): Promise<DockerSnapshot> {
    if ("without" in terraform) throw new Error(terraform.without);
    await using folder = await TestTerraform.create(terraform.program);
    const app = new App({ outdir: join(directory, "cdktf.out") });
    const stack = new TerraformStack(app, "conformance");
    new DockerProvider(stack, "docker");
    for (const [key, spec] of Object.entries(specs)) new WorkspaceConstruct(stack, key, spec);
    console.info(`Docker provider of Terraform: ${folder.provider}`);
    const contexts = join(app.outdir, app.manifest.forStack(stack).workingDirectory, "build-contexts");
    await cp(contexts, join(folder.directory, "build-contexts"), { recursive: true });
    await folder.write(JSON.parse(Testing.synth(stack)) as object);
    await folder.init();
    await folder.apply();
    return await takeSnapshots();
  }

  /** Between them: every kind of container, mount and network, and every input that is a property of a container. */
  async function specsFor(project: string): Promise<Specs> {
    await mkdir(project);
    // Whoever the agent is, it may write there.
    await chmod(project, 0o777);
    const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
    const image = { build: { baseImage, nodeImage, extraCaCertificates } };
    const api = { port: 0, token: { env: "API_TOKEN" } };
    return {
      demo: {
        workspaceName: nameOf("demo"),
        demoModel: true,
        image,
        api,
        project: { volume: projectVolume },
        network: { allow: ["git.example.com:8443"], presets: ["npm"] },
      },
      rich: {
        workspaceName: nameOf("rich"),
        image,
        api,
        modelProvider: { baseUrl: "https://models.example.com/v1", apiKey: { env: "MODEL_KEY" } },
        project: { bind: project },
        workdir: "/srv/app",
        statePersistence: false,
        labels: { team: "platform", template: "${team} %{if}" },
        env: { CI: "1", ISSUES_TOKEN: { env: "MODEL_KEY" } },
        resources: { memoryMiB: 1024, cpus: 1.5, shmMiB: 128, tmpMiB: 256 },
        network: { mode: "open", ports: [await freePort()] },
        enforce: { approvalPolicies: ["never"] },
        approvalPolicy: "never",
        systemPrompt: 'Take "${HOME}" and %{ this } as they are.\n',
        profiles: { quick: { model: "gpt-5.4-mini" } },
      },
    };
  }

  async function takeSnapshots(): Promise<DockerSnapshot> {
    const taken = Object.values(specs).map(({ workspaceName = "" }) => takeSnapshot(workspaceName));
    return Object.assign({}, ...(await Promise.all(taken))) as DockerSnapshot;
  }
});

/** By the path of a property: of a container, a network or a volume, whichever. */
function compare(one: DockerSnapshot, other: DockerSnapshot): Differences {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.assign({}, ...names.map((name) => differencesOf(one[name], other[name]))) as Differences;
}
