import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import {
  type BuildContext,
  type PlannedGatewayImage,
  Secret,
  WorkspaceError,
  type WorkspacePlan,
} from "@codex-workspace/core";
import {
  buildContext,
  packBuildContext,
  type PrebuiltImage,
  requireImageOfOurs,
} from "@codex-workspace/agent-wrapper/image";
import { gatewayBuildContext } from "@codex-workspace/gateway";
import type Docker from "dockerode";
import type { Output } from "../../output.ts";
import { BuildStages } from "./build-stages.ts";
import { dockerFailure, engineMessage, isStatus } from "./docker-failure.ts";

export interface LocalImage {
  /** What containers are created from: a tag of ours, or the digest that the spec names. */
  readonly reference: string;
  readonly id: string;
}

interface ImageRun {
  readonly output: Output;
  readonly signal: AbortSignal;
}

/**
 * The image of a plan on this engine: pulled or built where it is missing.
 *
 * @throws WorkspaceError `IMAGE_UNAVAILABLE`, `IMAGE_MISMATCH`, `CODEX_VERSION_MISMATCH`, `IMAGE_BUILD_FAILED`,
 *   `ENGINE_UNAVAILABLE`
 */
export async function requireImage(docker: Docker, plan: WorkspacePlan, run: ImageRun): Promise<LocalImage> {
  if (plan.image.kind === "prebuilt") return prebuiltImage(docker, plan.image.reference, plan.codexVersion, run);
  const { codexVersion, installCodex } = plan;
  return builtImage(docker, buildContext({ ...plan.image, codexVersion, installCodex }), run);
}

/**
 * The image of a plan's gateways, built where it is missing.
 *
 * @throws WorkspaceError `IMAGE_BUILD_FAILED`, `ENGINE_UNAVAILABLE`
 */
export async function requireGatewayImage(
  docker: Docker,
  image: PlannedGatewayImage,
  run: ImageRun,
): Promise<LocalImage> {
  return builtImage(docker, gatewayBuildContext(image), run);
}

async function builtImage(docker: Docker, context: BuildContext, run: ImageRun): Promise<LocalImage> {
  const existing = await inspectImage(docker, context.tag);
  if (existing !== undefined) return existing;
  await buildImage(docker, context, run);
  const built = await inspectImage(docker, context.tag);
  if (built !== undefined) return built;
  throw dockerFailure("building the image", Object.assign(new Error("the build ended early"), { code: "ECONNRESET" }));
}

async function prebuiltImage(
  docker: Docker,
  reference: string,
  codexVersion: string,
  run: ImageRun,
): Promise<LocalImage> {
  const existing = await inspectImage(docker, reference);
  if (existing === undefined) await pullImage(docker, reference, run);
  const image = existing ?? (await inspectImage(docker, reference));
  if (image === undefined) throw pullFailed(reference, "it was pulled, and is not there");
  requireImageOfOurs(image, codexVersion);
  return image;
}

async function inspectImage(docker: Docker, reference: string): Promise<(LocalImage & PrebuiltImage) | undefined> {
  try {
    const { Id: id, Config } = await docker.getImage(reference).inspect();
    return { reference, id, labels: (Config as { Labels?: Record<string, string> | null }).Labels ?? {} };
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw dockerFailure("looking for the image", error);
  }
}

async function buildImage(docker: Docker, context: BuildContext, run: ImageRun): Promise<void> {
  const { output, signal } = run;
  const began = performance.now();
  output.note(`building the image ${context.tag} (some minutes the first time)`);
  const lines: string[] = [];
  const stages = new BuildStages();
  const { proxyArgs, hideSecrets } = revealed(context);
  try {
    const stream = await docker.buildImage(Readable.from([await packBuildContext(context)]), {
      t: context.tag,
      dockerfile: "Dockerfile",
      buildargs: { ...context.buildArgs, ...proxyArgs },
      // Also when a step fails or the build is interrupted: no container of a step stays.
      forcerm: true,
      // The classic builder: every engine has it, and the Dockerfile needs no more.
      version: "1",
      abortSignal: signal,
    });
    await followProgress(docker, stream, signal, (line) => {
      const shown = hideSecrets(line);
      lines.push(shown);
      const step = stages.step(shown);
      if (step === undefined) return;
      if (output.isWatched) output.progress(step.bar);
      else if (step.stage !== undefined) output.note(`  ${step.stage}`);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProgressError)) throw dockerFailure("building the image", error);
    const step = lines.findLastIndex((line) => line.startsWith("Step "));
    const said = lines.slice(step).filter((line) => !/^(Removing intermediate container| ?--->)/.test(line));
    throw new WorkspaceError(
      [
        `the image could not be built: ${error.message}`,
        ...said.slice(0, 1).map(shorten),
        ...said.slice(1).slice(-15),
      ].join("\n  "),
      {
        code: "IMAGE_BUILD_FAILED",
        remedy: "Correct what the last lines name: image.build of the spec, or the network of the build.",
        cause: error,
      },
    );
  }
  output.note(`built in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/** The proxies as Docker gets them, and what takes a secret one out of what steps of the build print. */
function revealed({ proxyArgs }: BuildContext): {
  readonly proxyArgs: Record<string, string>;
  readonly hideSecrets: (line: string) => string;
} {
  const secrets = Object.values(proxyArgs).filter((value) => value instanceof Secret);
  return {
    proxyArgs: Object.fromEntries(
      Object.entries(proxyArgs).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
    ),
    hideSecrets: (line) => secrets.reduce((text, secret) => text.replaceAll(secret.reveal(), String(secret)), line),
  };
}

async function pullImage(docker: Docker, reference: string, { output, signal }: ImageRun): Promise<void> {
  output.note(`pulling ${reference}`);
  try {
    const stream = await docker.pull(reference, { abortSignal: signal });
    await followProgress(docker, stream, signal, (line) => output.detail(line));
  } catch (error) {
    signal.throwIfAborted();
    const known = dockerFailure("pulling the image", error);
    throw known instanceof WorkspaceError && known.code === "ENGINE_UNAVAILABLE"
      ? known
      : pullFailed(reference, engineMessage(error), error);
  }
}

function pullFailed(reference: string, why: string, cause?: unknown): WorkspaceError {
  return new WorkspaceError(`the image ${reference} cannot be pulled: ${why}`, {
    code: "IMAGE_UNAVAILABLE",
    remedy:
      "Check the digest and that this engine may read the registry (`docker login`), or leave `image` out to build it here.",
    cause,
  });
}

function shorten(line: string): string {
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}

/** An error that the engine reported in its stream. */
class ProgressError extends Error {
  override readonly name = "ProgressError";
}

interface ProgressEvent {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
}

/** Settles at the end of the stream; rejects with what the engine reports in it. */
async function followProgress(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const onProgress = (event: ProgressEvent): void => {
    const text = event.stream ?? [event.id, event.status].filter(Boolean).join(": ");
    const lines = stripVTControlCharacters(text).split("\n");
    for (const line of lines) if (line.trim() !== "") onLine(line.trimEnd());
  };
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    docker.modem.followProgress(
      stream,
      (error: Error | null, events: readonly ProgressEvent[]) => {
        signal.removeEventListener("abort", abort);
        const reported = events.find((event) => event.error !== undefined)?.error;
        if (reported !== undefined) reject(new ProgressError(reported.replace(/'[^']{80,}'/, "of the last step")));
        else if (error !== null) reject(error);
        else resolve();
      },
      onProgress,
    );
  });
}
