import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectDocker } from "./connection.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "codex-workspace-"));
});
afterEach(() => rm(home, { recursive: true }));

async function addContext(name: string, host: string): Promise<void> {
  const id = createHash("sha256").update(name).digest("hex");
  const directory = join(home, ".docker", "contexts", "meta", id);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
}

test("the current context of the docker CLI is used, and DOCKER_CONTEXT before it", async () => {
  await addContext("colima", "unix:///run/colima.sock");
  await addContext("far", "tcp://docker.example.com:2375");
  await writeFile(join(home, ".docker", "config.json"), JSON.stringify({ currentContext: "colima" }));

  expect((await connectDocker({ env: {}, home })).modem).toMatchObject({ socketPath: "/run/colima.sock" });
  expect((await connectDocker({ env: { DOCKER_CONTEXT: "far" }, home })).modem).toMatchObject({
    host: "docker.example.com",
    port: 2375,
    protocol: "http",
  });
});

test("a context that is not there is an engine that is not there", async () => {
  await expect(connectDocker({ env: { DOCKER_CONTEXT: "none" }, home })).rejects.toMatchObject({
    code: "ENGINE_UNAVAILABLE",
    message: expect.stringContaining('"none"') as string,
  });
});
