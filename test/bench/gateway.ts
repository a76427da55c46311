import { relayPorts, type WorkspaceSpec } from "@codex-workspace/core";
import { docker, runDocker, withoutDocker } from "../support/docker.ts";
import { testImageBuild } from "../support/image.ts";
import { until } from "../support/workspace-http.ts";
import { ContainerWorkspace } from "./container-workspace.ts";
import { download } from "./download.ts";
import type { Budget, Figure, Result } from "./figure.ts";
import { HttpSession } from "./http-session.ts";
import { withoutImage } from "./image.ts";
import { Outside } from "./outside.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const upRounds = 3;
const warmUps = 5;
const promptRounds = 40;
const fileBytes = 100e6;
const downloadRounds = 5;
const restarts = 5;

/** What the gateways cost: a workspace as `up` makes it against its container alone, beside its model. */
export async function measureGateway(): Promise<Result[]> {
  const reason = (await withoutDocker()) ?? (await withoutImage());
  if (reason !== undefined) return [{ name: "the gateways of a workspace", reason }];
  await using outside = await Outside.start(fileBytes);
  const { network, host } = outside;
  const ready: Pair[] = [];
  const withBoth = async (baseUrl: string, measure: Measure): Promise<readonly Figure[]> => {
    const spec: WorkspaceSpec = {
      image: { build: testImageBuild },
      modelProvider: { baseUrl },
      caCertificates: [outside.certificate],
      network: { allow: [host] },
    };
    await using direct = await ContainerWorkspace.start("alone", spec, network);
    await using ours = await ContainerWorkspace.start("with gateways", spec, network);
    ready.push({ direct: direct.readyMs / 1000, ours: ours.readyMs / 1000 });
    return await measure(ours, direct);
  };
  // The first round is the images', where they are not there yet.
  await withBoth(outside.modelUrl, nothing);
  ready.length = 0;
  const figures = [
    ...(await withBoth(outside.modelUrl, measurePrompts)),
    ...(await withBoth(outside.filesUrl, (ours, direct) => measureDownloads(ours, direct, outside))),
    ...(await withBoth(outside.filesUrl, measureContainers)),
  ];
  while (ready.length < upRounds) await withBoth(outside.modelUrl, nothing);
  return [compare("up until ready", "s", ready, { of: "more", most: 1.5 }), ...figures];
}

/** Samples of the same thing: of a workspace with its gateways, and of its container alone. */
interface Pair {
  readonly ours: number;
  readonly direct: number;
}

type Measure = (ours: ContainerWorkspace, direct: ContainerWorkspace) => Promise<readonly Figure[]>;

const nothing: Measure = () => Promise.resolve([]);

function compare(name: string, unit: Figure["unit"], pairs: readonly Pair[], budget: Budget): Figure {
  return {
    name: `gateways: ${name}`,
    unit,
    value: statisticsOf(pairs.map(({ ours }) => ours)),
    baseline: { name: "without", value: statisticsOf(pairs.map(({ direct }) => direct)) },
    budgets: [budget],
  };
}

/** By way of the published port, the model gateway, and back. */
async function measurePrompts(ours: ContainerWorkspace, direct: ContainerWorkspace): Promise<Figure[]> {
  await using here = new HttpSession(ours.url, ours.token);
  await using there = new HttpSession(direct.url, direct.token);
  const pairs: Pair[] = [];
  for (let round = 0; round < warmUps + promptRounds; round++) {
    const text = `prompt ${round}`;
    const pair = { direct: (await there.prompt(text)).firstTextMs, ours: (await here.prompt(text)).firstTextMs };
    if (round >= warmUps) pairs.push(pair);
  }
  return [compare("prompt → first text", "ms", pairs, { of: "more", most: 4 })];
}

/** Over TLS, as whatever is outside is reached: with the model provider the gateway speaks it, else the program itself. */
async function measureDownloads(
  ours: ContainerWorkspace,
  direct: ContainerWorkspace,
  { filesUrl }: Outside,
): Promise<Figure[]> {
  const perSecond = (ms: readonly number[]): number[] => ms.map((each) => fileBytes / 1e6 / (each / 1000));
  const file = `${filesUrl}/models`;
  const model: Pair[] = [];
  const proxy: Pair[] = [];
  for (let round = 0; round < downloadRounds; round++) {
    const directly = perSecond(await download(direct.container, file));
    const fromModel = perSecond(
      await download(ours.container, `http://127.0.0.1:${relayPorts.modelGateway}/v1/models`),
    );
    const throughProxy = perSecond(await download(ours.container, file));
    for (const [index, mbPerSecond] of directly.entries()) {
      model.push({ ours: fromModel[index] ?? 0, direct: mbPerSecond });
      proxy.push({ ours: throughProxy[index] ?? 0, direct: mbPerSecond });
    }
  }
  const budget = { of: "ratio", least: 0.8 } as const;
  return [
    compare("100 MB from the model provider", "MB/s", model, budget),
    compare("100 MB through the egress proxy", "MB/s", proxy, budget),
  ];
}

async function measureContainers({ gateways }: ContainerWorkspace): Promise<Figure[]> {
  const sizes = (await docker(["stats", "--no-stream", "--format", "{{.MemUsage}}", ...gateways])).split("\n");
  const megabytes = sizes.map((size) => (Number(/^([\d.]+)MiB /.exec(size)?.[1]) * 2 ** 20) / 1e6);
  const seconds: number[] = [];
  for (let round = 0; round < restarts; round++) {
    await docker(["kill", ...gateways]);
    seconds.push((await timeMs(() => startGateways(gateways))) / 1000);
  }
  const memory = megabytes.reduce((sum, each) => sum + each);
  return [
    {
      name: "gateways: start until healthy",
      unit: "s",
      value: statisticsOf(seconds),
      budgets: [{ of: "median", most: 1 }],
    },
    {
      name: "gateways: memory of both",
      unit: "MB",
      value: statisticsOf([memory]),
      budgets: [{ of: "median", most: 60 }],
    },
  ];
}

async function startGateways(gateways: readonly string[]): Promise<void> {
  await docker(["start", ...gateways]);
  const isHealthy = async (gateway: string): Promise<boolean> =>
    (await runDocker(["exec", gateway, "healthcheck"])).exitCode === 0;
  for (const gateway of gateways) await until(() => isHealthy(gateway), `${gateway} to be healthy`);
}
