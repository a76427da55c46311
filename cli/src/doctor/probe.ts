import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, rmdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  CODEX_PIN,
  defaultApiPort,
  defaultModelProvider,
  WorkspaceError,
  type WorkspaceSpec,
} from "@codex-workspace/core";
import { wrapperVersion } from "@codex-workspace/agent-wrapper/image";
import type { EngineChoice } from "../choose-engine.ts";
import type { CliContext } from "../context.ts";
import { connectDocker, dockerEndpoint } from "../engines/docker/connection.ts";
import { dockerFailure } from "../engines/docker/docker-failure.ts";
import { type EngineInfo, publishedPortExposure } from "../engines/docker/published-ports.ts";
import { locateCodexProgram } from "../engines/local/codex-program.ts";
import { inheritedEnvironment } from "../engines/local/environment.ts";
import { requireApplicable } from "../engines/local/plan.ts";
import { defaultProfile } from "../grants/grant.ts";
import { hasBubblewrap, isOnPath } from "../is-on-path.ts";
import { isPortFree, listeningProcess } from "../port-owner.ts";
import { requireTrust } from "../trust/require-trust.ts";
import { describeError } from "../show-error.ts";
import {
  type GivenWorkspace,
  readWorkspaceInputs,
  toWorkspaceInputs,
  withKnown,
  type WorkspaceInputs,
} from "../workspace-inputs.ts";
import type {
  DiskFacts,
  DockerFacts,
  Facts,
  Fault,
  KeyFacts,
  NetworkFacts,
  PortFacts,
  SandboxFacts,
  UserNamespaceFacts,
} from "./facts.ts";
import { keyShapeFault } from "./key-shape.ts";

/** How long an engine, a provider or Codex may take to answer. */
const answerMs = 5_000;

/** Looks at this machine, with the eyes of the workspace that is meant. Nothing is changed. */
export async function probe(
  context: CliContext,
  given: GivenWorkspace & { readonly engine: EngineChoice },
): Promise<Facts> {
  const { engine } = given;
  const { inputs, specFault } = await readInputs(context, given);
  const { spec, name } = inputs;
  const notTrusted = await trustFault(context, inputs);
  // What is contacted, started or read as a secret is not decided by a spec that its user has not said yes to.
  const trusted = notTrusted === undefined ? inputs : toWorkspaceInputs(context, given, undefined);
  const version = spec.codexVersion ?? CODEX_PIN;
  const install = engine !== "local" || spec.installCodex !== false;
  const program = locateCodex(context, version, install);
  const [docker, hasNpm, bubblewrap, userNamespaces, sandbox, port, model] = await Promise.all([
    engine === "local" ? undefined : probeDocker(context),
    isOnPath("npm", context.env),
    engine === "docker" ? undefined : hasBubblewrap(context.env),
    probeUserNamespaces(),
    probeSandbox(context, install || notTrusted === undefined ? program : undefined),
    probePort(context, spec.api?.port, name),
    probeModel(context, trusted),
  ]);
  return {
    engine,
    nodeVersion: process.versions.node,
    isRoot: process.getuid?.() === 0,
    hasNpm,
    version: wrapperVersion(),
    codex: { version, pin: CODEX_PIN, install, isHere: program !== undefined },
    specFault,
    notTrusted,
    localFault: faultOf(() => requireApplicable(spec, { acceptNoIsolation: false })),
    networkMode: spec.network?.mode ?? "restricted",
    docker: docker?.facts,
    hasBubblewrap: bubblewrap,
    userNamespaces,
    sandbox,
    port,
    disks: await probeDisks(context, docker?.rootDirectory),
    model,
  };
}

/** A spec that cannot be used is a finding; the machine can be looked at without it. */
async function readInputs(
  context: CliContext,
  given: GivenWorkspace,
): Promise<{ readonly inputs: WorkspaceInputs; readonly specFault: Fault | undefined }> {
  try {
    return { inputs: await readWorkspaceInputs(context, given), specFault: undefined };
  } catch (error) {
    return {
      inputs: toWorkspaceInputs(context, await knownOrGiven(context, given), undefined),
      specFault: toFault(error),
    };
  }
}

async function knownOrGiven(context: CliContext, given: GivenWorkspace): Promise<GivenWorkspace> {
  return withKnown(context, given).catch(() => given);
}

async function trustFault(context: CliContext, inputs: WorkspaceInputs): Promise<Fault | undefined> {
  const silent: CliContext = { ...context, canAsk: false };
  return requireTrust(silent, inputs, { trustSpec: false }).then(() => undefined, toFault);
}

function faultOf(require: () => void): Fault | undefined {
  try {
    require();
    return undefined;
  } catch (error) {
    return toFault(error);
  }
}

function toFault(error: unknown): Fault {
  if (!(error instanceof WorkspaceError)) throw error;
  const problems = error.problems.map(({ path, message }) => `${path}: ${message}`);
  return { message: [error.message, ...problems].join("; "), remedy: error.remedy };
}

function locateCodex({ state, env }: CliContext, version: string, install: boolean): string | undefined {
  try {
    const { path, installed } = locateCodexProgram({ version, install, cache: state.codexCache, env });
    return installed ? path : undefined;
  } catch (error) {
    if (error instanceof WorkspaceError && error.code === "CODEX_MISSING") return undefined;
    throw error;
  }
}

/** Of `GET /info`. */
interface DockerInfo extends EngineInfo {
  readonly OSType: string;
  readonly DockerRootDir: string;
}

interface ProbedDocker {
  readonly facts: DockerFacts;
  /** Where it keeps images, on its own machine. */
  readonly rootDirectory?: string;
}

async function probeDocker({ env, home, signal }: CliContext): Promise<ProbedDocker> {
  try {
    const docker = await connectDocker({ env, home });
    // Something between may accept a connection and never answer.
    const silence = delay(answerMs, undefined, { signal, ref: false }).then(() => {
      throw Object.assign(new Error(`no answer within ${answerMs / 1000} s`), { code: "ETIMEDOUT" });
    });
    const info = (await Promise.race([docker.info() as Promise<unknown>, silence])) as DockerInfo;
    return {
      facts: {
        state: "answers",
        version: info.ServerVersion,
        osType: info.OSType,
        securityOptions: info.SecurityOptions ?? [],
        portExposure: publishedPortExposure(info),
      },
      rootDirectory: info.DockerRootDir,
    };
  } catch (error) {
    signal.throwIfAborted();
    const { message, remedy = "Start Docker, or add --engine local." } = describeError(
      dockerFailure("looking for it", error),
    );
    const namedBy = await dockerEndpoint({ env, home });
    return { facts: { state: "unreachable", namedBy, message, remedy } };
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function probeUserNamespaces(): Promise<UserNamespaceFacts | undefined> {
  if (process.platform !== "linux") return undefined;
  const [max, unprivilegedClone, appArmorRestricts] = await Promise.all(
    [
      "user/max_user_namespaces",
      "kernel/unprivileged_userns_clone",
      "kernel/apparmor_restrict_unprivileged_userns",
    ].map(async (name) => {
      const text = await readFile(`/proc/sys/${name}`, "utf8").catch(() => undefined);
      return text === undefined ? undefined : Number(text);
    }),
  );
  return { max, unprivilegedClone, appArmorRestricts };
}

/** As the wrapper does it: `true` in the sandbox of workspace-write. */
async function probeSandbox({ env, state, signal }: CliContext, program: string | undefined): Promise<SandboxFacts> {
  if (program === undefined) return { state: "untried" };
  const wasThere = await exists(state.root);
  await mkdir(state.root, { recursive: true, mode: 0o700 });
  const scratch = await mkdtemp(join(state.root, "doctor-"));
  try {
    // Codex makes no sandbox helper when its home lies below the temporary directory.
    const [home, temporary] = [join(scratch, "codex-home"), join(scratch, "tmp")] as const;
    await Promise.all([mkdir(home), mkdir(temporary)]);
    const settings = {
      cwd: scratch,
      env: { ...inheritedEnvironment(env), CODEX_HOME: home, TMPDIR: temporary },
      timeout: answerMs,
      signal,
    };
    return await new Promise((resolve, reject) => {
      execFile(program, ["sandbox", "-P", ":workspace", "--", "true"], settings, (error, _stdout, stderr) => {
        if (error === null) resolve({ state: "working" });
        else if (signal.aborted) reject(signal.reason as Error);
        else resolve({ state: "blocked", reason: lastLine(stderr) ?? error.message });
      });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
    // Unless somebody has put something there in the meantime.
    if (!wasThere) await rmdir(state.root).catch(() => undefined);
  }
}

function lastLine(text: string): string | undefined {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("WARNING"))
    .at(-1);
}

/** @param asked - the port that the spec or the command line names */
async function probePort({ state }: CliContext, asked: number | undefined, name: string): Promise<PortFacts> {
  const recorded = await state.workspace(name).read();
  const port = asked ?? recorded?.port ?? defaultApiPort;
  if (await isPortFree(port)) return { port, state: "free", owner: undefined };
  const isOurs = recorded?.url !== undefined && new URL(recorded.url).port === String(port);
  const others = asked === undefined ? "replaceable" : "taken";
  return { port, state: isOurs ? "ours" : others, owner: await listeningProcess(port) };
}

async function probeDisks({ state }: CliContext, dockerRoot: string | undefined): Promise<DiskFacts[]> {
  const disks = [await probeDisk(state.root, "conversations and Codex")];
  // Docker may run on another machine.
  if (dockerRoot !== undefined && (await exists(dockerRoot)))
    disks.push(await probeDisk(dockerRoot, "Docker's images"));
  return disks;
}

/** Of the nearest directory that exists already. */
async function probeDisk(path: string, purpose: string): Promise<DiskFacts> {
  if (!(await exists(path)) && path !== dirname(path)) return probeDisk(dirname(path), purpose);
  const { bavail, bsize } = await statfs(path);
  return { path, purpose, freeBytes: bavail * bsize };
}

async function probeModel(
  context: CliContext,
  { model, spec, resolveSecret }: WorkspaceInputs,
): Promise<Facts["model"]> {
  if (model.kind === "demo") return { kind: "demo", why: model.why };
  const { baseUrl } = spec.modelProvider ?? defaultModelProvider;
  const key = spec.grants?.includes("openai")
    ? await probeGrant(context, baseUrl, resolveSecret)
    : probeKey(spec, resolveSecret);
  return { kind: "provider", baseUrl, key, network: await probeNetwork(baseUrl, context.env, context.signal) };
}

/** As it is stored, which nobody decrypts here; else that of the environment. */
async function probeGrant(
  context: CliContext,
  baseUrl: string,
  resolveSecret: WorkspaceInputs["resolveSecret"],
): Promise<KeyFacts> {
  const { openGrants } = await import("../grants/open-grants.ts");
  const stored = (await openGrants(context).places()).find(
    ({ name, profile }) => name === "openai" && profile === defaultProfile,
  );
  if (stored !== undefined) return { state: "present", from: 'grant "openai"', shapeFault: undefined };
  return probeKey({ modelProvider: { baseUrl, apiKey: defaultModelProvider.apiKey } }, resolveSecret);
}

function probeKey(
  { modelProvider = defaultModelProvider }: Pick<WorkspaceSpec, "modelProvider">,
  resolveSecret: WorkspaceInputs["resolveSecret"],
): KeyFacts {
  const { apiKey, baseUrl } = modelProvider;
  // A spec that was read from a file has references alone.
  if (apiKey === undefined || !("env" in apiKey || "file" in apiKey)) return { state: "none" };
  try {
    const key = resolveSecret(apiKey);
    const from = "env" in apiKey ? apiKey.env : apiKey.file;
    return { state: "present", from, shapeFault: keyShapeFault(key.reveal(), baseUrl) };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    return { state: "missing", message: error.message, remedy: error.remedy };
  }
}

/** Any answer will do, a refusal too: the key is not sent. */
async function probeNetwork(baseUrl: string, env: CliContext["env"], signal: AbortSignal): Promise<NetworkFacts> {
  try {
    const answered = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    const { status } = await fetch(baseUrl, { method: "HEAD", redirect: "manual", signal: answered });
    return { state: "answers", httpStatus: status };
  } catch (error) {
    signal.throwIfAborted();
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message !== "" ? cause.message : message;
    const viaProxy = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].some(
      (variable) => (env[variable] ?? "") !== "",
    );
    return { state: "silent", reason, viaProxy };
  }
}
