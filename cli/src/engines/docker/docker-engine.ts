import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import {
  containerLayout,
  containerPaths,
  type ContainerRequest,
  defaultApiPort,
  type FileRequest,
  fixedSettings,
  gatewayPaths,
  isReread,
  labelNames,
  renderFiles,
  toWorkspaceRequests,
  WorkspaceError,
  type WorkspaceRequests,
} from "@codex-workspace/core";
import { seccompProfile } from "@codex-workspace/agent-wrapper/image";
import { demoProgram } from "@codex-workspace/scripted-model/demo-program";
import type Docker from "dockerode";
import { hashOf } from "../../hash.ts";
import { isPortFree, listeningProcess, portTaken } from "../../port-owner.ts";
import type { WorkspaceRecord } from "../../state.ts";
import {
  type DownReport,
  type Engine,
  type LogOptions,
  type PortUse,
  type Service,
  services,
  type StartedWorkspace,
  type UpRequest,
  type UpRun,
  type WorkspaceChange,
  type WorkspaceState,
} from "../engine.ts";
import { hashOfFiles, hashParts, isSamePlan, whyReloaded, whyReplaced, type WorkspaceHashes } from "../what-changed.ts";
import { connectDocker, type ConnectionSources } from "./connection.ts";
import { asking, dockerFailure, engineMessage, isStatus } from "./docker-failure.ts";
import { requireGatewayImage, requireImage } from "./image.ts";
import { FormerContainers, withoutLeftovers } from "./former-containers.ts";
import { withFreeNames, withVolumesOf } from "./free-names.ts";
import { Inventory, suffixes } from "./inventory.ts";
import { planContainers } from "./plan.ts";
import { type EngineInfo, publishedPortExposure } from "./published-ports.ts";
import { readLog } from "./read-log.ts";
import { requireWritableProject } from "./require-writable-project.ts";
import { startNow } from "./start-now.ts";
import { startWrapper } from "./start-wrapper.ts";
import { toArchive, toContainerOptions, toNetworkOptions, toVolumeOptions } from "./to-dockerode.ts";

/** With the engine that the docker CLI would talk to. */
export async function openDockerEngine(sources: ConnectionSources): Promise<DockerEngine> {
  return new DockerEngine(await connectDocker(sources));
}

/** Workspaces as containers, through the Engine API. */
class DockerEngine implements Engine {
  readonly kind = "docker";
  readonly #docker: Docker;

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Whether the engine is on this machine. */
  get #isHere(): boolean {
    return (this.#docker.modem as { socketPath?: string }).socketPath !== undefined;
  }

  async requireAvailable(): Promise<void> {
    // Something between may accept a connection and never answer.
    const silence = delay(answerMs, undefined, { ref: false }).then(() => {
      throw Object.assign(new Error(`no answer within ${answerMs / 1000} s`), { code: "ETIMEDOUT" });
    });
    await asking("looking for it", () => Promise.race([this.#docker.ping(), silence]));
  }

  async portUse(port: number, recorded: WorkspaceRecord | undefined): Promise<PortUse | undefined> {
    const filters = { publish: [String(port)] };
    const containers = await asking("looking for who has the port", () => this.#docker.listContainers({ filters }));
    const [container] = containers;
    if (container !== undefined) {
      const isOwn = recorded !== undefined && container.Labels[labelNames.workspace] === recorded.name;
      return isOwn ? undefined : { owner: `container "${container.Names[0]?.replace(/^\//, "") ?? container.Id}"` };
    }
    // The ports of another machine are known to its Docker alone. A port that this user may not open, Docker may.
    if (!this.#isHere || (await isPortFree(port).catch(() => true))) return undefined;
    return { owner: await listeningProcess(port) };
  }

  async up(request: UpRequest, run: UpRun): Promise<StartedWorkspace> {
    const found = await asking("listing containers", () => Inventory.read(this.#docker, request.name));
    if (request.recorded === undefined && found.containers.length > 0) throw nameTaken(request.name, found);

    const plan = planContainers({ ...request, grants: await request.resolveGrants() });
    if (plan.network === undefined) throw new Error("a plan of containers has gateways");
    if (this.#isHere) await requireWritableProject(plan);
    for (const port of [plan.api.port, ...plan.network.ports]) await this.#requireFree(port, request.recorded);
    const image = await requireImage(this.#docker, plan, run);
    const gatewayImage = await requireGatewayImage(this.#docker, plan.network.image, run);
    const rendered = renderFiles(plan, containerLayout(plan));
    const requests = toWorkspaceRequests(plan, {
      image: image.reference,
      gatewayImage: gatewayImage.reference,
      rendered,
      seccomp: seccompProfile(),
      demoModelProgram: request.useDemoModel ? await readDemoProgram() : undefined,
    });
    const hashes: WorkspaceHashes = {
      planHash: hashParts({
        ...fixedSettings(rendered.wrapper),
        ...partsOf(requests),
        image: image.id,
        gatewayImage: gatewayImage.id,
      }),
      filesHash: hashOfFiles(rendered.files),
      tokensHash: hashOf(
        ...filesOf(requests.containers)
          .filter(isReread)
          .map(({ content }) => content),
      ),
    };
    const { planHash } = request.recorded ?? {};
    const existing = await asking("removing what a killed command left", () =>
      withoutLeftovers(
        this.#docker,
        found,
        requests.containers.map(({ name }) => name),
      ),
    );
    const { change, settle } =
      isSamePlan(planHash, hashes.planHash) && existing.hasAll(requests.containers)
        ? { change: await this.#update(requests, existing, hashes, request, run), settle: nothingToSettle }
        : existing.containers.length === 0
          ? { change: await this.#createAll(requests, existing, run), settle: nothingToSettle }
          : await this.#replace(requests, existing, whyReplaced(planHash, hashes.planHash), request, run);
    const { url, containerId, restarts } = await asking("reading the published port", () => this.#published(requests));
    const whyStopped = (): Promise<string | undefined> => this.#whyStopped(restarts);
    return {
      ...hashes,
      change,
      url,
      token: plan.api.tokens[0]?.token,
      configHash: rendered.configHash,
      codexVersion: plan.codexVersion,
      modelUrl: plan.model.baseUrl,
      warnings: [...(await this.#exposure()), ...plan.warnings],
      runs: { containerId },
      whyStopped,
      settle,
    };
  }

  /** Returns the warning about an engine that exposes published ports, in a list. */
  async #exposure(): Promise<readonly string[]> {
    const info = await asking("reading its version", () => this.#docker.info() as Promise<EngineInfo>);
    const exposure = publishedPortExposure(info);
    return exposure === undefined ? [] : [`${exposure.message}. ${exposure.remedy}`];
  }

  async down(record: WorkspaceRecord, { volumes }: { readonly volumes: boolean }): Promise<DownReport> {
    return asking("removing the workspace", async () => {
      const inventory = await Inventory.read(this.#docker, record.name);
      return inventory.remove({ volumes });
    });
  }

  async state(record: WorkspaceRecord): Promise<WorkspaceState> {
    const inventory = await asking("listing containers", () => Inventory.read(this.#docker, record.name));
    if (!inventory.containers.some(({ role }) => role === "workspace")) return "down";
    // Without a gateway nobody reaches it, and it reaches nothing.
    return inventory.allRun() ? "running" : "stopped";
  }

  async services({ name }: WorkspaceRecord): Promise<readonly Service[]> {
    const { containers } = await asking("listing containers", () => Inventory.read(this.#docker, name));
    return services.filter((service) => containers.some(({ role }) => role === service));
  }

  logs({ name }: WorkspaceRecord, options: LogOptions): AsyncIterable<Uint8Array> {
    return readLog(this.#docker, name, options);
  }

  /** The same containers as are wanted: they get what is new of their files, and whatever of them does not run is started. */
  async #update(
    requests: WorkspaceRequests,
    existing: Inventory,
    { filesHash, tokensHash }: WorkspaceHashes,
    { recorded }: UpRequest,
    run: UpRun,
  ): Promise<WorkspaceChange> {
    const { containers } = requests;
    const hasFiles = recorded?.filesHash === filesHash;
    const hasTokens = recorded?.tokensHash === tokensHash;
    const isReloaded =
      !hasFiles && containers.some(({ role, name }) => role === "workspace" && existing.isRunning(name));
    if (isReloaded) run.output.note(whyReloaded);
    if (!hasFiles) await this.#replaceCarrier(requests, existing, run);
    else if (!hasTokens) await this.#exchangeReread(requests);
    const stopped = containers.filter(({ start, name }) => start && !existing.isRunning(name));
    for (const request of stopped) {
      const container = this.#docker.getContainer(request.name);
      run.undo.defer(`container "${request.name}"`, () => container.stop());
      await this.#start(container, request, run.signal);
    }
    if (isReloaded) return "reloaded";
    if (stopped.length > 0) return "started";
    return hasTokens ? "unchanged" : "tokens";
  }

  /** Fills the volumes that the others read with other files. */
  async #replaceCarrier({ containers }: WorkspaceRequests, existing: Inventory, run: UpRun): Promise<void> {
    await run.record({ filesHash: undefined });
    for (const wanted of containers.filter(({ role }) => role === "config")) {
      const former = existing.containers.find(({ name }) => name === wanted.name);
      const request = former === undefined ? wanted : withVolumesOf(wanted, former.volumes);
      await asking("removing the old carrier", () => this.#docker.getContainer(request.name).remove());
      const carrier = await asking("creating a container", () => this.#create(request));
      await this.#copyInto(carrier, request.files);
    }
  }

  /** By way of the carrier, whose volumes the others read. */
  async #exchangeReread({ containers }: WorkspaceRequests): Promise<void> {
    for (const { name, files } of containers) {
      const reread = files.filter(isReread);
      if (reread.length > 0) await this.#copyInto(this.#docker.getContainer(name), reread);
    }
  }

  async #copyInto(container: Docker.Container, files: readonly FileRequest[]): Promise<void> {
    const archive = await toArchive(files, containerPaths.config);
    await asking("copying files into a container", () => container.putArchive(archive, { path: "/" }));
  }

  /** Creates a workspace of which nothing exists but what a former one stored. */
  async #createAll(requests: WorkspaceRequests, existing: Inventory, run: UpRun): Promise<WorkspaceChange> {
    await asking("removing what an earlier run left", () => existing.remove({ volumes: false }));
    await this.#createPlaces(requests, run);
    for (const request of requests.containers) {
      const container = await this.#createFilled(request, run);
      if (request.start) await this.#start(container, request, run.signal);
    }
    return "created";
  }

  /** Creates the new containers beside those that run, and stops these only when Docker has accepted all of it. */
  async #replace(
    requests: WorkspaceRequests,
    existing: Inventory,
    why: string,
    { recorded }: UpRequest,
    run: UpRun,
  ): Promise<{ change: WorkspaceChange; settle: () => Promise<void> }> {
    const kept = requests.volumes.some(({ role }) => role === "home") ? "home and project stay" : "the project stays";
    run.output.note(`${why}: replacing the containers; ${kept}`);
    const former = new FormerContainers(this.#docker, existing);
    run.undo.defer("the former containers", () => this.#bringBack(former, recorded, run));
    const fresh = withFreeNames(requests, existing);
    await this.#createPlaces(fresh, run);
    const created: { readonly request: ContainerRequest; readonly container: Docker.Container }[] = [];
    for (const request of fresh.containers) {
      const container = await this.#createFilled({ ...request, name: `${request.name}${suffixes.next}` }, run);
      created.push({ request, container });
    }
    run.signal.throwIfAborted();
    await run.record({ planHash: undefined });
    await asking("stopping the former containers", () => former.setAside());
    for (const { request, container } of created) {
      run.signal.throwIfAborted();
      await asking("naming a container", () => container.rename({ name: request.name }));
      if (request.start) await this.#start(container, request, run.signal);
    }
    const settle = async (): Promise<void> => {
      await asking("removing the former containers", () => existing.remove({ volumes: false }));
    };
    return { change: "replaced", settle };
  }

  async #bringBack(former: FormerContainers, recorded: WorkspaceRecord | undefined, run: UpRun): Promise<void> {
    if (!former.isSetAside) return;
    run.output.note("bringing the former containers back");
    await asking("bringing the former containers back", () => former.bringBack());
    if (recorded === undefined) return;
    const { planHash, filesHash, tokensHash, configHash, codexVersion } = recorded;
    // A port that Docker chooses is another one at each start.
    const url = (await this.#publishedBy(`codex-workspace-${recorded.name}-model-gateway`)) ?? recorded.url;
    await run.record({ planHash, filesHash, tokensHash, configHash, codexVersion, url });
  }

  async #createPlaces({ networks, volumes }: WorkspaceRequests, run: UpRun): Promise<void> {
    for (const request of networks) {
      run.signal.throwIfAborted();
      const network = await asking("creating a network", () => this.#docker.createNetwork(toNetworkOptions(request)));
      run.undo.defer(`network "${request.name}"`, () => network.remove());
    }
    for (const request of volumes) {
      run.signal.throwIfAborted();
      const isThere = await asking("looking for a volume", () => hasVolume(this.#docker, request.name));
      await asking("creating a volume", () => this.#docker.createVolume(toVolumeOptions(request)));
      if (!isThere) run.undo.defer(`volume "${request.name}"`, () => this.#docker.getVolume(request.name).remove());
    }
  }

  async #createFilled(request: ContainerRequest, run: UpRun): Promise<Docker.Container> {
    run.signal.throwIfAborted();
    const container = await asking("creating a container", () => this.#create(request));
    run.undo.defer(`container "${request.name}"`, () => container.remove({ force: true, v: true }));
    if (request.files.length > 0) await this.#copyInto(container, request.files);
    return container;
  }

  async #create(request: ContainerRequest): Promise<Docker.Container> {
    try {
      return await this.#docker.createContainer(toContainerOptions(request));
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      throw new WorkspaceError(`a container named "${request.name}" exists that is not ours`, {
        code: "NAME_TAKEN",
        remedy: `Choose another --name, or remove it: docker rm ${request.name}`,
        cause: error,
      });
    }
  }

  async #start(container: Docker.Container, { role, ports }: ContainerRequest, signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted();
      await (role === "workspace" ? startWrapper(this.#docker, container, signal) : startNow(container));
    } catch (error) {
      const said = engineMessage(error);
      const isTaken = /port is already allocated|address already in use|Ports are not available/i.test(said);
      const named = ports.find(({ hostPort }) => new RegExp(`:${hostPort}\\b`).test(said));
      const port = named ?? ports[0];
      if (port === undefined || !isTaken) throw dockerFailure("starting a container", error);
      throw portTaken(port.hostPort, await this.#portOwner(port.hostPort), error);
    }
  }

  async #portOwner(port: number): Promise<string | undefined> {
    return (await this.portUse(port, undefined))?.owner;
  }

  /** @throws WorkspaceError `PORT_TAKEN` */
  async #requireFree(port: number, recorded: WorkspaceRecord | undefined): Promise<void> {
    const use = port === 0 ? undefined : await this.portUse(port, recorded);
    if (use !== undefined) throw portTaken(port, use.owner);
  }

  async #publishedBy(gateway: string): Promise<string | undefined> {
    const { NetworkSettings } = await asking("reading the published port", () =>
      this.#docker.getContainer(gateway).inspect(),
    );
    const [binding] = NetworkSettings.Ports[`${defaultApiPort}/tcp`] ?? [];
    return binding && `http://127.0.0.1:${binding.HostPort}`;
  }

  /** Where the gateway publishes the API; and how often each container had been restarted, by its id. */
  async #published({
    containers,
  }: WorkspaceRequests): Promise<{ url: string; containerId: string; restarts: Restarts }> {
    const inspected = await Promise.all(
      containers
        .filter(({ start }) => start)
        .map(async ({ name, role }) => ({ role, name, ...(await this.#docker.getContainer(name).inspect()) })),
    );
    const restarts = new Map(inspected.map(({ Id, RestartCount }) => [Id, RestartCount]));
    const gateway = inspected.find(({ role }) => role === "model-gateway");
    const [binding] = gateway?.NetworkSettings.Ports[`${defaultApiPort}/tcp`] ?? [];
    if (binding === undefined) {
      const why = await this.#whyStopped(restarts);
      throw new WorkspaceError(`"${gateway?.name ?? ""}" publishes no port: ${why ?? "it does not say why"}`, {
        code: "START_FAILED",
        remedy: `Read its log: docker logs ${gateway?.name ?? ""}`,
      });
    }
    const containerId = inspected.find(({ role }) => role === "workspace")?.Id ?? "";
    return { url: `http://127.0.0.1:${binding.HostPort}`, containerId, restarts };
  }

  /** @param restarts - how often each container had been restarted before we began to wait for it */
  async #whyStopped(restarts: Restarts): Promise<string | undefined> {
    for (const [id, before] of restarts) {
      const { Name, State, RestartCount } = await asking("looking at a container", () =>
        this.#docker.getContainer(id).inspect(),
      );
      // It is restarted for ever, so one that restarts is one that does not start.
      if (State.Running && !State.Restarting && RestartCount === before) continue;
      const how = `exit code ${State.ExitCode}${State.Error === "" ? "" : ` (${State.Error})`}`;
      return `the container "${Name.replace(/^\//, "")}" ended with ${how}`;
    }
    return undefined;
  }
}

/** How long an engine may take to say that it is there. */
const answerMs = 10_000;

const nothingToSettle = (): Promise<void> => Promise.resolve();

/** By a container's id. */
type Restarts = ReadonlyMap<string, number>;

/** What only a replacement changes: all but the files that the wrapper reloads, with the workspace's parts by their names. */
function partsOf({ networks, volumes, containers }: WorkspaceRequests): Record<string, unknown> {
  const ofGateways = filesOf(containers).filter((file) => file.path.startsWith(`${gatewayPaths.config}/`));
  const parts = containers.map(({ files, ...container }) => {
    if (container.role === "workspace") return container;
    return { [container.role]: container.role === "config" ? container : { ...container, files } };
  });
  const gateways = ofGateways.filter((file) => !isReread(file));
  return Object.assign({ networks, volumes, gateways }, ...parts) as Record<string, unknown>;
}

function filesOf(containers: readonly ContainerRequest[]): FileRequest[] {
  return containers.flatMap(({ files }) => files);
}

function nameTaken(name: string, { containers }: Inventory): WorkspaceError {
  const names = containers.map((container) => container.name);
  return new WorkspaceError(`there is a workspace "${name}" on this Docker that this state directory does not know`, {
    code: "NAME_TAKEN",
    remedy: `Choose another --name, or remove it: docker rm -f ${names.join(" ")}`,
  });
}

async function hasVolume(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getVolume(name).inspect();
    return true;
  } catch (error) {
    if (isStatus(error, 404)) return false;
    throw error;
  }
}

async function readDemoProgram(): Promise<string> {
  try {
    return await readFile(demoProgram, "utf8");
  } catch (cause) {
    throw new WorkspaceError("the scripted demo model is not built", {
      code: "WRAPPER_NOT_BUILT",
      remedy: "Run `npm run build` in the checkout, or install the package again.",
      cause,
    });
  }
}
