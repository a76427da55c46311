import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import grpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { afterAll, beforeAll, expect, test } from "vitest";

const pathOf = (file: string): string => fileURLToPath(new URL(`../../pulumi/${file}`, import.meta.url));

// As Pulumi's engine starts a plugin: it prints its port, and answers there.
const plugin = spawn(process.execPath, [pathOf("bin/pulumi-resource-codex-workspace")], {
  stdio: ["ignore", "pipe", "inherit"],
});
let client: grpc.ResourceProviderClient;

beforeAll(async () => {
  const [port] = (await once(createInterface(plugin.stdout), "line")) as [string];
  client = new grpc.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  plugin.kill();
  await once(plugin, "exit");
});

test("the plugin has the checked-in schema", async () => {
  const getSchema = promisify<messages.GetSchemaRequest, messages.GetSchemaResponse>(client.getSchema.bind(client));
  const answer = await getSchema(new messages.GetSchemaRequest());
  const schema = await readFile(pathOf("schema.json"), "utf8");
  expect(answer.getSchema()).toBe(schema);
});
