import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CodexWorkspace } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { withoutDocker } from "../support/docker.ts";
import { testImageInputs } from "../support/image.ts";
import { findPulumi, TestStack } from "../support/pulumi.ts";
import { bareProgramOf } from "./bare-resources.ts";
import type { Figure, Result } from "./figure.ts";
import { statisticsOf, timeMs } from "./statistics.ts";

const run = promisify(execFile);
const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const rounds = { up: 5, firstUp: 3, import: 10, compile: 5 };

/** The component beside the bare Docker provider: `up`, import, and the compiler over a user's program. */
export async function measurePulumi(): Promise<Result[]> {
  return [...(await measureUps()), await measureImport(), await measureCompiler()];
}

async function measureUps(): Promise<Result[]> {
  const found = await findPulumi();
  const reason = (await withoutDocker()) ?? ("without" in found ? found.without : undefined);
  if (reason !== undefined || "without" in found) return [{ name: "pulumi up", reason: reason ?? "" }];
  const name = (way: string): string => `bench-${way}-${process.pid}`;
  const { baseImage, nodeImage, extraCaCertificates } = testImageInputs;
  const component: PulumiFn = () => {
    new CodexWorkspace("agent", {
      workspaceName: name("component"),
      retainHome: false,
      demoModel: true,
      image: { build: { baseImage, nodeImage, extraCaCertificates } },
      api: { port: 0, token: pulumi.secret("token-of-the-bench") },
    });
    return Promise.resolve();
  };
  await using ours = await TestStack.create(found.program, "component", component);
  // The images are there from now on, and the bare program is made of what this one has.
  await ours.stack.up();
  const bareProgram = await bareProgramOf(ours.stack, name("component"), name("bare"));
  await ours.stack.destroy();
  await using bare = await TestStack.create(found.program, "bare", bareProgram);
  const first = { ours: [] as number[], bare: [] as number[] };
  const again = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds.firstUp; round++) {
    first.ours.push(await timeMs(() => ours.stack.up()));
    first.bare.push(await timeMs(() => bare.stack.up()));
    if (round < rounds.firstUp - 1) await Promise.all([ours.stack.destroy(), bare.stack.destroy()]);
  }
  for (let round = 0; round < rounds.up; round++) {
    again.ours.push(await timeMs(() => ours.stack.up()));
    again.bare.push(await timeMs(() => bare.stack.up()));
  }
  await Promise.all([ours.stack.destroy(), bare.stack.destroy()]);
  return [
    compared("first pulumi up, images there", "the same resources bare", first),
    compared("pulumi up without a change", "the same resources bare", again),
  ];
}

function compared(
  name: string,
  baseline: string,
  { ours, bare }: { readonly ours: readonly number[]; readonly bare: readonly number[] },
): Figure {
  return {
    name,
    unit: "ms",
    value: statisticsOf(ours),
    baseline: { name: baseline, value: statisticsOf(bare) },
    budgets: [{ of: "ratio", most: 1.2 }],
  };
}

/** Of the built packages, in a process of its own each time. */
async function measureImport(): Promise<Figure> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds.import; round++) {
    ours.push(await importMs("@codex-workspace/pulumi"));
    bare.push(await importMs("@pulumi/docker"));
  }
  return {
    name: "import of the Pulumi package",
    unit: "ms",
    value: statisticsOf(ours),
    baseline: { name: "@pulumi/docker", value: statisticsOf(bare) },
    budgets: [{ of: "more", most: 50 }],
  };
}

async function importMs(name: string): Promise<number> {
  const program = `const began = performance.now(); await import("${name}"); console.log(performance.now() - began);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: modules });
  return Number(stdout);
}

/** Over a program of a user's, with `skipLibCheck`. */
async function measureCompiler(): Promise<Figure> {
  const directory = await mkdtemp(join(tmpdir(), "codex-workspace-bench-"));
  try {
    await symlink(modules, join(directory, "node_modules"));
    await writeFile(join(directory, "package.json"), '{ "type": "module" }');
    const programs = {
      ours: `import { CodexWorkspace } from "@codex-workspace/pulumi";
import * as pulumi from "@pulumi/pulumi";
export const { url } = new CodexWorkspace("agent", { demoModel: true, api: { token: pulumi.secret("t") } });`,
      bare: `import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
export const { id } = new docker.Container("agent", { image: pulumi.output("image") });`,
    };
    const samples = { ours: [] as number[], bare: [] as number[] };
    for (const [way, text] of Object.entries(programs)) await writeFile(join(directory, `${way}.ts`), text);
    for (let round = 0; round < rounds.compile; round++) {
      for (const way of ["ours", "bare"] as const) samples[way].push(await compileMs(directory, `${way}.ts`));
    }
    return {
      name: "tsc of a program with the component",
      unit: "ms",
      value: statisticsOf(samples.ours),
      baseline: { name: "with @pulumi/docker", value: statisticsOf(samples.bare) },
      budgets: [{ of: "more", most: 1000 }],
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function compileMs(directory: string, file: string): Promise<number> {
  const options = ["--noEmit", "--skipLibCheck", "--strict", "--module", "nodenext", "--target", "es2024"];
  return timeMs(() => run(join(modules, ".bin", "tsc"), [...options, "--types", "node", file], { cwd: directory }));
}
