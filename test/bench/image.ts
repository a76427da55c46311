import { buildContext } from "@codex-workspace/agent-wrapper/image";
import { docker, testLabel, withoutDocker } from "../support/docker.ts";
import { buildImage, removeImages, testImage, testImageInputs } from "../support/image.ts";
import type { Result } from "./figure.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const rebuilds = 5;

/** The image's size, and how long it takes to build it again when only the wrapper's code has changed. */
export async function measureImage(): Promise<Result[]> {
  const names = ["size of the image", "build of the image, only the wrapper changed"] as const;
  const reason = (await withoutDocker()) ?? (await withoutImage());
  if (reason !== undefined) return names.map((name) => ({ name, reason }));
  const bytes = Number(await docker(["image", "inspect", "--format", "{{.Size}}", await testImage()]));
  const seconds: number[] = [];
  for (let round = 0; round < rebuilds; round++) seconds.push((await rebuildMs()) / 1000);
  return [
    { name: names[0], unit: "MB", value: statisticsOf([bytes / 1e6]), budgets: [{ of: "median", most: 850 }] },
    { name: names[1], unit: "s", value: statisticsOf(seconds), budgets: [{ of: "median", most: 5 }] },
  ];
}

/** Why there is no image of the tests, or nothing when there is one. */
export async function withoutImage(): Promise<string | undefined> {
  try {
    await testImage();
    return undefined;
  } catch (error) {
    return String(error).trim().split("\n").at(-1);
  }
}

async function rebuildMs(): Promise<number> {
  const change = Buffer.from(`// ${process.hrtime.bigint()}\n`);
  const programs = buildContext(testImageInputs)
    .files.filter(({ path }) => path.startsWith("agent-wrapper/"))
    .map(({ path, content }) => [path.slice("agent-wrapper/".length), Buffer.concat([content, change])] as const);
  const context = buildContext(testImageInputs, { programs: Object.fromEntries(programs) });
  try {
    return await timeMs(async () => {
      const { exitCode, stderr } = await buildImage(context, ["--label", `${testLabel}=bench`]);
      if (exitCode !== 0) throw new Error(stderr);
    });
  } finally {
    await removeImages([context.tag]);
  }
}
