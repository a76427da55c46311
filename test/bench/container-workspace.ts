import { randomBytes } from "node:crypto";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@codex-workspace/client";
import { containerUsers, Secret, type WorkspaceSpec } from "@codex-workspace/core";
import { openDockerEngine } from "../../cli/src/engines/docker/docker-engine.ts";
import type { UpRequest } from "../../cli/src/engines/engine.ts";
import { waitForReadiness } from "../../cli/src/readiness.ts";
import { State, type WorkspaceRecord } from "../../cli/src/state.ts";
import { Undo } from "../../cli/src/undo.ts";
import { docker } from "../support/docker.ts";
import { startWithoutGateways } from "./without-gateways.ts";

type Request = Omit<UpRequest, "recorded" | "resolveGrants">;

/** A workspace on Docker as `up` makes it, or its container alone on a network of its own. */
export class ContainerWorkspace implements AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly container: string;
  /** From nothing until a prompt would be taken. */
  readonly readyMs: number;
  readonly #record: WorkspaceRecord;

  private constructor(url: string, token: string, record: WorkspaceRecord, readyMs: number) {
    this.url = url;
    this.token = token;
    this.container = `codex-workspace-${record.name}`;
    this.readyMs = readyMs;
    this.#record = record;
  }

  /** @param network - what is there is reached when it is ready: by the gateways, or by the workspace itself */
  static async start(
    way: "with gateways" | "alone",
    spec: WorkspaceSpec,
    network: string,
  ): Promise<ContainerWorkspace> {
    const name = `bench-${way.replace(" ", "-")}-${process.pid}`;
    const directory = await mkdtemp(join(tmpdir(), "codex-workspace-bench-"));
    await chmod(directory, 0o755);
    await chown(directory, containerUsers.codex, containerUsers.codex);
    const record: WorkspaceRecord = {
      format: 1,
      name,
      engine: "docker",
      directory,
      createdAt: new Date().toISOString(),
    };
    const token = randomBytes(24).toString("base64url");
    const request: Request = {
      ...{ name, directory, spec, token: new Secret(token), useDemoModel: false, acceptNoIsolation: false },
      resolveSecret: () => new Secret("sk-bench"),
    };
    try {
      const began = performance.now();
      const url = way === "alone" ? await startWithoutGateways(request) : await up(request);
      const client = createClient({ baseUrl: url, token });
      const waiting = { deadlineMs: 60_000, signal: new AbortController().signal };
      const outcome = await waitForReadiness(client, { ...waiting, whyStopped: () => Promise.resolve(undefined) });
      if (outcome.state !== "ready") throw new Error(`${name}: ${outcome.reason}`);
      const workspace = new ContainerWorkspace(url, token, record, performance.now() - began);
      const outermost = way === "alone" ? [workspace.container] : workspace.gateways;
      for (const container of outermost) await docker(["network", "connect", network, container]);
      return workspace;
    } catch (error) {
      await remove(record);
      throw error;
    }
  }

  /** Names of their containers. */
  get gateways(): readonly string[] {
    return ["model-gateway", "egress-proxy"].map((role) => `${this.container}-${role}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return remove(this.#record);
  }
}

const openEngine = (): ReturnType<typeof openDockerEngine> => openDockerEngine({ env: process.env, home: homedir() });

async function up(request: Request): Promise<string> {
  const nothing = (): undefined => undefined;
  const silent = {
    isWatched: false,
    result: nothing,
    part: () => Promise.resolve(),
    note: nothing,
    detail: nothing,
    progress: nothing,
    end: nothing,
  };
  const engine = await openEngine();
  const { url } = await engine.up(
    { ...request, recorded: undefined, resolveGrants: () => Promise.resolve([]) },
    {
      output: silent,
      signal: new AbortController().signal,
      undo: new Undo(),
      // Where the engine of Docker keeps nothing.
      state: new State(request.directory).workspace(request.name),
      record: () => Promise.resolve(),
    },
  );
  return url;
}

async function remove(record: WorkspaceRecord): Promise<void> {
  const engine = await openEngine();
  await engine.down(record, { volumes: true });
  await rm(record.directory, { recursive: true });
}
