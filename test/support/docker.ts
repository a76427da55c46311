import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { type EngineInfo, publishedPortExposure } from "../../cli/src/engines/docker/published-ports.ts";

/** Everything a test makes carries this, so that a test can prove that nothing is left. */
export const testLabel = "dev.codex-workspace.test";

export interface DockerRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `docker` with these arguments, whatever it exits with. */
export async function runDocker(args: readonly string[], input: string | Uint8Array = ""): Promise<DockerRun> {
  const child = spawn("docker", args, { stdio: "pipe" });
  child.stdin.on("error", () => {
    // It ended without reading all of its input; its exit code says why.
  });
  child.stdin.end(input);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { exitCode, stdout: stdout.trim(), stderr: stderr.trim() };
}

/** What `docker` prints, where it must not fail. */
export async function docker(args: readonly string[], input?: string | Uint8Array): Promise<string> {
  const { exitCode, stdout, stderr } = await runDocker(args, input);
  if (exitCode !== 0) {
    throw new Error(`docker ${args.join(" ")} exited with ${String(exitCode)}:\n${stdout}\n${stderr}`);
  }
  return stdout;
}

/** Warnings of `up` about the engine that answers here. */
export async function engineWarnings(): Promise<string[]> {
  const info = JSON.parse(await docker(["info", "--format", "{{json .}}"])) as EngineInfo;
  return publishedPortExposure(info) === undefined ? [] : [expect.stringContaining(info.ServerVersion) as string];
}

/** Where containers on a network find this machine: the first address is the host's. @param network - Docker's default one */
export async function hostAddress(network = "bridge"): Promise<string> {
  const subnet = await docker(["network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Subnet}}"]);
  return subnet.replace(/\.0\/\d+$/, ".1");
}

/** Why tests cannot use Docker here, or `undefined` when they can. */
export async function withoutDocker(): Promise<string | undefined> {
  try {
    const { exitCode, stderr } = await runDocker(["version"]);
    return exitCode === 0 ? undefined : (stderr.split("\n").at(-1) ?? "docker version fails");
  } catch {
    return "there is no docker command";
  }
}
