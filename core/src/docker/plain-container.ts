import type { ContainerRequest, Hardening, Resources } from "./requests.ts";

export const plainHardening: Hardening = {
  readOnlyRoot: true,
  init: true,
  capAdd: [],
  capDrop: ["ALL"],
  noNewPrivileges: true,
  seccomp: undefined,
  pidsLimit: 256,
  tmpfs: {},
};

const noLimits: Resources = { memoryMiB: undefined, cpus: undefined, shmMiB: undefined };

/** What a container has where nothing is said of it: no more than it needs to run its image's program. */
export const plainContainer = {
  entrypoint: undefined,
  command: [],
  user: undefined,
  env: {},
  mounts: [],
  ports: [],
  network: "none",
  hardening: plainHardening,
  resources: noLimits,
  start: true,
  files: [],
  stopTimeoutSeconds: 5,
  restart: "unless-stopped",
  healthcheck: "none",
} as const satisfies Partial<ContainerRequest>;
