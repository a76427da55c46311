import { readFileSync } from "node:fs";
import { buildContext, type ImageInputs, packBuildContext } from "@codex-workspace/agent-wrapper/image";
import { type BuildContext, CODEX_PIN, type ImageBuildSpec, Secret } from "@codex-workspace/core";
import { gatewayBuildContext } from "@codex-workspace/gateway";
import { type DockerRun, docker, runDocker } from "./docker.ts";

/** A certificate that nobody trusts and whose key is gone: to be found, or not found, in an image. */
export const testCertificate = readFileSync(new URL("extra-ca.pem", import.meta.url), "utf8");

/** The image of the tests: on the bases that scripts/test-machine/base-images brings. */
export const testImageInputs: ImageInputs = {
  baseImage: "codex-workspace-test/debian:bookworm",
  nodeImage: "codex-workspace-test/node:24",
  codexVersion: CODEX_PIN,
  installCodex: true,
  aptPackages: [],
  setupScript: undefined,
  extraCaCertificates: [testCertificate, ...machineCertificates()],
  keepExtraCaCertificates: false,
  httpProxy: undefined,
  httpsProxy: undefined,
  noProxy: [],
};

const { codexVersion: _version, installCodex: _installs, ...build } = testImageInputs;

/** The same as a spec's `image.build`. */
export const testImageBuild: ImageBuildSpec = build;

/** The tag of the image that end-to-end tests run. */
export function testImage(): Promise<string> {
  return imageOf(buildContext(testImageInputs));
}

/** The tag of the gateways' image. */
export function testGatewayImage(): Promise<string> {
  return imageOf(gatewayBuildContext(testImageInputs));
}

/** An image is built when the engine has none of that content. */
async function imageOf(context: BuildContext): Promise<string> {
  if ((await runDocker(["image", "inspect", context.tag])).exitCode === 0) return context.tag;
  const { exitCode, stdout, stderr } = await buildImage(context);
  if (exitCode !== 0) throw new Error(`${context.tag} was not built:\n${stdout}\n${stderr}`);
  return context.tag;
}

/** `docker build` as an engine of ours does it. */
export async function buildImage(context: BuildContext, flags: readonly string[] = []): Promise<DockerRun> {
  const args = Object.entries({ ...context.buildArgs, ...context.proxyArgs }).flatMap(([name, value]) => [
    "--build-arg",
    `${name}=${value instanceof Secret ? value.reveal() : value}`,
  ]);
  return runDocker(
    ["build", "--force-rm", "--tag", context.tag, ...args, ...flags, "-"],
    await packBuildContext(context),
  );
}

/** One after the other: the engine fails at images that share layers when it removes them at once. */
export async function removeImages(tags: readonly string[]): Promise<void> {
  for (const tag of tags) await docker(["image", "rm", "--force", tag]);
}

/** Removes what a build without cache made beside its image, of what it printed: the images of earlier stages. */
export async function removeStages(buildOutput: string): Promise<void> {
  const lastOfStage = [...buildOutput.matchAll(/^ ---> ([0-9a-f]{12})\nStep \d+\/\d+ : FROM /gm)].map(
    ([, id = ""]) => id,
  );
  // Stages that others began from come last, and may be gone with those.
  await removeImages(lastOfStage.reverse());
}

/** What a build needs to reach npm where a proxy ends TLS: this machine says so in Node's own variable. */
function machineCertificates(): string[] {
  const file = process.env["NODE_EXTRA_CA_CERTS"];
  return file === undefined ? [] : [readFileSync(file, "utf8")];
}
