import { expect, test } from "vitest";
import { gatewayBuildContext, type GatewayImageInputs } from "./build-context.ts";

const inputs: GatewayImageInputs = {
  baseImage: "debian:bookworm-slim",
  httpProxy: undefined,
  httpsProxy: undefined,
  noProxy: [],
};

test("the context holds what the Dockerfile copies, and nothing else", () => {
  expect(gatewayBuildContext(inputs).files.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
    "Dockerfile 644",
    "check-push.js 644",
    "egress-proxy 755",
    "errors/ERR_NOT_ALLOWED 644",
    "errors/ERR_PRIVATE_ADDRESS 644",
    "errors/ERR_PROTOCOL 644",
    "healthcheck 755",
    "model-gateway 755",
    "when-changed 755",
  ]);
});

test("it sets every argument that the Dockerfile declares, and no other", () => {
  const { files, buildArgs } = gatewayBuildContext(inputs);
  const dockerfile = Buffer.from(files[0]!.content).toString();
  const declared = [...dockerfile.matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);
  expect(Object.keys(buildArgs).sort()).toEqual([...new Set(declared)].sort());
});

test("another base is another image, and another way to the network is the same one", () => {
  const { hash, tag } = gatewayBuildContext(inputs);
  const behindProxy = gatewayBuildContext({ ...inputs, httpProxy: "http://proxy.example.com:3128" });

  expect(gatewayBuildContext({ ...inputs, baseImage: "debian:trixie-slim" }).hash).not.toBe(hash);
  expect(behindProxy.hash).toBe(hash);
  expect(behindProxy.proxyArgs).toMatchObject({ HTTP_PROXY: "http://proxy.example.com:3128" });
  expect(tag).toBe(`codex-workspace-gateway:0.1.0-${hash.slice(0, 12)}`);
});
