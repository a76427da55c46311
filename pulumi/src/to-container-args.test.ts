import { devNull } from "node:os";
import { Secret } from "@codex-workspace/core";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { containerRequest as request } from "../../core/test-support/container-request.ts";
import { toContainerArgs } from "./to-container-args.ts";

test("a request in the provider's words", () => {
  expect(toContainerArgs(request)).toEqual({
    name: "codex-workspace-demo",
    entrypoints: undefined,
    command: ["--flag"],
    user: "1000:1000",
    envs: ["CI=1"],
    labels: [{ label: "team", value: "platform" }],
    mounts: [{ type: "volume", source: "home", target: "/home", readOnly: true }],
    ports: [{ ip: "127.0.0.1", internal: 3284, external: undefined }],
    networkMode: "bridge",
    networksAdvanced: [{ name: "codex-workspace-demo", aliases: ["agent"] }],
    readOnly: true,
    init: true,
    capabilities: { adds: ["CAP_CHOWN"], drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true", "seccomp={}"],
    tmpfs: { "/tmp": "rw,noexec" },
    memory: 512,
    memorySwap: 512,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    shmSize: 64,
    start: true,
    mustRun: true,
    uploads: [],
    stopTimeout: 15,
    destroyGraceSeconds: 15,
    restart: "unless-stopped",
    healthcheck: undefined,
  });
});

test("a container without network, limits and health check", () => {
  const resources = { memoryMiB: undefined, cpus: undefined, shmMiB: undefined };
  const ports = [{ hostIp: "127.0.0.1", hostPort: 4000, containerPort: 3284 }];
  expect(toContainerArgs({ ...request, network: "none", resources, ports, healthcheck: "none" })).toMatchObject({
    ports: [{ ip: "127.0.0.1", internal: 3284, external: 4000 }],
    networkMode: "none",
    networksAdvanced: undefined,
    memory: undefined,
    cpuPeriod: undefined,
    cpuQuota: undefined,
    healthcheck: { tests: ["NONE"], interval: "1s", timeout: "1s", startPeriod: "1s", retries: 1 },
  });
});

test("a carrier is created, filled and never started", () => {
  expect(toContainerArgs({ ...request, start: false })).toMatchObject({ start: false, mustRun: false });
});

test("a file that not everybody may read is a secret of the state, and any other one is not", async () => {
  const files = [
    { path: "/a", content: new Secret("hidden"), mode: 0o444 },
    { path: "/b", content: "for root", mode: 0o400 },
    { path: "/c", content: "for all", mode: 0o555 },
    { path: "/d", content: "", mode: 0o444 },
  ];
  const [a, b, c, d] = toContainerArgs({ ...request, files }).uploads;
  const isSecret = (upload: object | undefined) =>
    pulumi.isSecret(pulumi.output(upload && "content" in upload ? upload.content : undefined));
  expect([await isSecret(a), await isSecret(b), await isSecret(c)]).toEqual([true, true, false]);
  expect(c).toEqual({ file: "/c", permissions: "0555", content: "for all" });
  expect(d).toEqual({ file: "/d", permissions: "0444", source: devNull });
});
