import type { ContainerRequest } from "../src/docker/requests.ts";

/** With everything that a request may have. */
export const containerRequest: ContainerRequest = {
  role: "workspace",
  name: "codex-workspace-demo",
  image: "image",
  entrypoint: undefined,
  command: ["--flag"],
  user: "1000:1000",
  env: { CI: "1" },
  labels: { team: "platform" },
  mounts: [{ kind: "volume", source: "home", target: "/home", readOnly: true }],
  ports: [{ hostIp: "127.0.0.1", hostPort: 0, containerPort: 3284 }],
  network: { name: "codex-workspace-demo", aliases: ["agent"] },
  hardening: {
    readOnlyRoot: true,
    init: true,
    capAdd: ["CAP_CHOWN"],
    capDrop: ["ALL"],
    noNewPrivileges: true,
    seccomp: "{}",
    pidsLimit: 64,
    tmpfs: { "/tmp": "rw,noexec" },
  },
  resources: { memoryMiB: 512, cpus: 0.5, shmMiB: 64 },
  start: true,
  files: [],
  stopTimeoutSeconds: 15,
  restart: "unless-stopped",
  healthcheck: "image",
};
