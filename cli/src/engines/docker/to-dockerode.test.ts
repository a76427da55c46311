import { type ContainerRequest, Secret } from "@codex-workspace/core";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import { toArchive, toContainerOptions, toNetworkOptions } from "./to-dockerode.ts";

const request: ContainerRequest = {
  role: "workspace",
  name: "codex-workspace-app",
  image: "codex-workspace:1",
  entrypoint: undefined,
  command: [],
  user: undefined,
  env: { A: "1" },
  labels: { "dev.codex-workspace.workspace": "app" },
  mounts: [
    { kind: "volume", source: "app-home", target: "/home", readOnly: false },
    { kind: "bind", source: "/src", target: "/workspace", readOnly: true },
  ],
  ports: [{ hostIp: "127.0.0.1", hostPort: 3284, containerPort: 3284 }],
  network: { name: "app", aliases: ["workspace"] },
  hardening: {
    readOnlyRoot: true,
    init: true,
    capAdd: ["CAP_CHOWN"],
    capDrop: ["ALL"],
    noNewPrivileges: true,
    seccomp: '{"defaultAction":"SCMP_ACT_ERRNO"}',
    pidsLimit: 4096,
    tmpfs: { "/tmp": "rw" },
  },
  resources: { memoryMiB: 2048, cpus: 1.5, shmMiB: 256 },
  start: true,
  files: [],
  stopTimeoutSeconds: 15,
  restart: "unless-stopped",
  healthcheck: "image",
};

test("every property of a request reaches the Engine API", () => {
  expect(toContainerOptions(request)).toEqual({
    name: "codex-workspace-app",
    Image: "codex-workspace:1",
    Cmd: [],
    Env: ["A=1"],
    Labels: { "dev.codex-workspace.workspace": "app" },
    ExposedPorts: { "3284/tcp": {} },
    StopTimeout: 15,
    HostConfig: {
      Mounts: [
        { Type: "volume", Source: "app-home", Target: "/home", ReadOnly: false },
        { Type: "bind", Source: "/src", Target: "/workspace", ReadOnly: true },
      ],
      PortBindings: { "3284/tcp": [{ HostIp: "127.0.0.1", HostPort: "3284" }] },
      NetworkMode: "app",
      ReadonlyRootfs: true,
      Init: true,
      CapAdd: ["CAP_CHOWN"],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true", 'seccomp={"defaultAction":"SCMP_ACT_ERRNO"}'],
      PidsLimit: 4096,
      Memory: 2_147_483_648,
      MemorySwap: 2_147_483_648,
      NanoCpus: 1_500_000_000,
      ShmSize: 268_435_456,
      Tmpfs: { "/tmp": "rw" },
      RestartPolicy: { Name: "unless-stopped" },
    },
    NetworkingConfig: { EndpointsConfig: { app: { Aliases: ["workspace"] } } },
  });
});

test("what a request leaves out is left to the image, or is none", () => {
  const options = toContainerOptions({
    ...request,
    entrypoint: ["/bin/node", "/x.mjs"],
    user: "1000:1000",
    network: "none",
    healthcheck: "none",
    resources: { memoryMiB: undefined, cpus: undefined, shmMiB: undefined },
    hardening: { ...request.hardening, noNewPrivileges: false, seccomp: undefined },
  });

  expect(options).toMatchObject({
    Entrypoint: ["/bin/node", "/x.mjs"],
    User: "1000:1000",
    Healthcheck: { Test: ["NONE"], Interval: 1e9, Timeout: 1e9, StartPeriod: 1e9, Retries: 1 },
    HostConfig: { NetworkMode: "none", SecurityOpt: [] },
  });
  expect(options).not.toHaveProperty("NetworkingConfig");
});

test("a second network of the same name is asked to be refused", () => {
  expect(toNetworkOptions({ name: "app", labels: { a: "b" } })).toEqual({
    Name: "app",
    Labels: { a: "b" },
    CheckDuplicate: true,
  });
});

test("files are root's, with their modes; a directory that is added is root's alone; secrets are in clear only there", async () => {
  const archive = await toArchive(
    [
      { path: "/etc/app/config.toml", content: "a = 1", mode: 0o444 },
      { path: "/etc/app/secrets/key", content: new Secret("s3cret"), mode: 0o400 },
    ],
    "/etc/app",
  );

  const entries: unknown[] = [];
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const { name, mode, uid, gid, type } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push([name, type, mode, uid, gid, Buffer.concat(chunks).toString()]);
  }
  expect(entries).toEqual([
    ["etc/app/config.toml", "file", 0o444, 0, 0, "a = 1"],
    ["etc/app/secrets/", "directory", 0o700, 0, 0, ""],
    ["etc/app/secrets/key", "file", 0o400, 0, 0, "s3cret"],
  ]);
});
