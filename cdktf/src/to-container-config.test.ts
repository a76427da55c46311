import { devNull } from "node:os";
import { type FileRequest, Secret } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { containerRequest as request } from "../../core/test-support/container-request.ts";
import { type ContainerWords, toContainerConfig } from "./to-container-config.ts";

const words: ContainerWords = {
  texts: { text: (plain) => `<${plain}>`, content: () => undefined, secretFile: () => undefined },
  apiPort: undefined,
  writePrivate: (path, text) => ({ source: `/private${path}`, sourceHash: `hash of ${text}` }),
};

test("a request in the provider's words", () => {
  expect(toContainerConfig(request, words)).toEqual({
    name: "<codex-workspace-demo>",
    command: ["<--flag>"],
    user: "1000:1000",
    env: ["<CI=1>"],
    labels: [{ label: "<team>", value: "<platform>" }],
    mounts: [{ type: "volume", source: "<home>", target: "</home>", readOnly: true }],
    ports: [{ ip: "127.0.0.1", internal: 3284 }],
    networkMode: "bridge",
    networksAdvanced: [{ name: "<codex-workspace-demo>", aliases: ["agent"] }],
    readOnly: true,
    init: true,
    capabilities: { add: ["CAP_CHOWN"], drop: ["ALL"] },
    securityOpts: ["no-new-privileges:true", "<seccomp={}>"],
    tmpfs: { "/tmp": "rw,noexec" },
    memory: 512,
    memorySwap: 512,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    shmSize: 64,
    start: true,
    mustRun: true,
    stopTimeout: 15,
    destroyGraceSeconds: 15,
    restart: "unless-stopped",
  });
});

test("a container without network, limits, health check and arguments has no word of them", () => {
  const resources = { memoryMiB: undefined, cpus: undefined, shmMiB: undefined };
  const ports = [{ hostIp: "127.0.0.1", hostPort: 4000, containerPort: 3284 }];
  const bare = { ...request, network: "none", resources, ports, healthcheck: "none", command: [], env: {} } as const;
  const config = toContainerConfig({ ...bare, hardening: { ...request.hardening, capAdd: [] } }, words);
  expect(config).toMatchObject({
    ports: [{ ip: "127.0.0.1", internal: 3284, external: 4000 }],
    networkMode: "none",
    capabilities: { drop: ["ALL"] },
    healthcheck: { test: ["NONE"], interval: "1s", timeout: "1s", startPeriod: "1s", retries: 1 },
  });
  for (const name of ["networksAdvanced", "memory", "memorySwap", "cpuPeriod", "cpuQuota", "shmSize"]) {
    expect(config).not.toHaveProperty(name);
  }
  for (const name of ["command", "env", "upload"]) {
    expect(config).not.toHaveProperty(name);
  }
  expect(config.capabilities).not.toHaveProperty("add");
});

test("a carrier is created, filled and never started", () => {
  const carrier = toContainerConfig({ ...request, start: false }, words);
  expect(carrier).toMatchObject({ start: false, mustRun: false });
  expect(carrier).not.toHaveProperty("destroyGraceSeconds");
});

test("a file that not everybody may read, that is long, or that Terraform would write otherwise is given by its place alone", () => {
  const files = [
    { path: "/a", content: new Secret("hidden"), mode: 0o444 },
    { path: "/b", content: "for root", mode: 0o400 },
    { path: "/c", content: "for all", mode: 0o555 },
    { path: "/d", content: new Secret(""), mode: 0o444 },
    { path: "/e", content: "e".repeat(65_537), mode: 0o444 },
    { path: "/f", content: "cafe\u0301", mode: 0o444 },
  ];
  expect(toContainerConfig({ ...request, files }, words).upload).toEqual([
    { file: "/a", permissions: "0444", source: "</private/a>", sourceHash: "hash of hidden" },
    { file: "/b", permissions: "0400", source: "</private/b>", sourceHash: "hash of for root" },
    { file: "/c", permissions: "0555", content: "<for all>" },
    { file: "/d", permissions: "0444", source: devNull },
    expect.objectContaining({ file: "/e", source: "</private/e>" }),
    expect.objectContaining({ file: "/f", source: "</private/f>" }),
  ]);
});

test("a file that Terraform fills in, and one whose place it knows, are given so", () => {
  const files = [
    { path: "/a", content: new Secret("hashes"), mode: 0o400 },
    { path: "/b", content: new Secret("key"), mode: 0o444 },
  ];
  const texts = {
    ...words.texts,
    content: ({ path }: FileRequest) => (path === "/a" ? "filled in" : undefined),
    secretFile: ({ path }: FileRequest) => (path === "/b" ? "key.txt" : undefined),
  };
  expect(toContainerConfig({ ...request, files }, { ...words, texts }).upload).toEqual([
    { file: "/a", permissions: "0400", content: "filled in" },
    { file: "/b", permissions: "0444", source: "key.txt", sourceHash: expect.stringContaining("TfToken") as string },
  ]);
});
