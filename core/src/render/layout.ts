import { containerPaths, defaultApiPort } from "../contract.ts";
import { publishedSocket } from "../gateway/contract.ts";
import type { WorkspacePlan } from "../plan/workspace-plan.ts";

/** Where a rendered workspace finds its things: the container's paths, or those of a state directory. */
export interface Layout {
  readonly users: "separate" | "single";
  readonly workdir: string;
  readonly codexHome: string;
  readonly terminalHome: string;
  readonly state: string;
  readonly uploads: string;
  readonly caBundle: string;
  readonly codexProgram: string;
  /** What the wrapper binds to. */
  readonly listen: { readonly host: string; readonly port: number; readonly socket?: string };
}

/** The layout of a workspace container. The port is fixed inside; `api.port` is where a gateway publishes it. */
export function containerLayout(plan: WorkspacePlan): Layout {
  return {
    users: "separate",
    workdir: plan.workdir,
    codexHome: containerPaths.codexHome,
    terminalHome: containerPaths.terminalHome,
    state: containerPaths.state,
    uploads: containerPaths.uploads,
    caBundle: containerPaths.caBundle,
    codexProgram: containerPaths.codexProgram,
    listen: {
      host: "127.0.0.1",
      port: defaultApiPort,
      ...(plan.network !== undefined && { socket: publishedSocket(defaultApiPort) }),
    },
  };
}

/** Below a local workspace's directory: what ends with a run, where its state does not persist. */
export const volatileDirectory = "volatile";

export interface LocalPlace {
  /** Of this workspace alone, absolute, readable by one user. */
  readonly directory: string;
  /** Absolute path of Codex's native binary. */
  readonly codexProgram: string;
}

/** The layout of a workspace that runs as processes of one user on this machine. */
export function localLayout(plan: WorkspacePlan, { directory, codexProgram }: LocalPlace): Layout {
  const homes = plan.statePersistence ? directory : `${directory}/${volatileDirectory}`;
  return {
    users: "single",
    workdir: plan.workdir,
    codexHome: `${homes}/codex-home`,
    terminalHome: `${homes}/terminal-home`,
    state: `${homes}/wrapper`,
    uploads: `${homes}/uploads`,
    caBundle: `${directory}/ca-certificates.pem`,
    codexProgram,
    listen: { host: "127.0.0.1", port: plan.api.port },
  };
}
