import { basename } from "node:path";
import { type BuildContext, codexReleases, CODEX_PIN, containerPaths, Secret } from "@codex-workspace/core";
import { extract } from "tar-stream";
import { describe, expect, it } from "vitest";
import { buildContext, type ImageInputs, packBuildContext } from "./build-context.ts";
import { wrapperFlags, wrapperProgram } from "./program.ts";

const inputs: ImageInputs = {
  baseImage: "debian:bookworm-slim",
  nodeImage: "node:24-bookworm-slim",
  codexVersion: CODEX_PIN,
  installCodex: true,
  aptPackages: [],
  setupScript: undefined,
  extraCaCertificates: [],
  keepExtraCaCertificates: false,
  httpProxy: undefined,
  httpsProxy: undefined,
  noProxy: [],
};
const programs = { "agent-wrapper.cjs": Buffer.from("// the wrapper") };

function contextOf(changes: Partial<ImageInputs> = {}): BuildContext {
  return buildContext({ ...inputs, ...changes }, { programs });
}

function textOf({ files }: BuildContext, path: string): string | undefined {
  const file = files.find((candidate) => candidate.path === path);
  return file && Buffer.from(file.content).toString();
}

describe("the build context", () => {
  it("holds what the Dockerfile copies, and nothing else", () => {
    expect(contextOf().files.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
      "Dockerfile 644",
      "agent-wrapper/agent-wrapper.cjs 644",
      "extra-ca.pem 644",
      "fetch-codex.mjs 644",
      "healthcheck.mjs 644",
      "launch.c 644",
      "link-codex.sh 755",
      "native/package-lock.json 644",
      "native/package.json 644",
      "setup.sh 755",
    ]);
  });

  it("starts the wrapper as the local engine does", () => {
    const entryPoint = /^ENTRYPOINT (\[.*?\])/ms.exec(textOf(contextOf(), "Dockerfile")!)?.[1] ?? "";
    const args = JSON.parse(entryPoint.replaceAll("\\\n", "")) as string[];

    expect(args).toEqual([
      containerPaths.launchProgram,
      "own",
      containerPaths.nodeProgram,
      ...wrapperFlags,
      `/opt/codex-workspace/agent-wrapper/${basename(wrapperProgram())}`,
    ]);
  });

  it("sets every argument that the Dockerfile declares, and no other", () => {
    const dockerfile = textOf(contextOf(), "Dockerfile")!;
    const declared = [...dockerfile.matchAll(/^ARG (\w+)/gm)].map(([, name]) => name);

    expect(Object.keys(contextOf().buildArgs).sort()).toEqual([...new Set(declared)].sort());
  });

  it("is the same for the same inputs, whatever the order of packages", () => {
    expect(contextOf({ aptPackages: ["jq", "make"] })).toEqual(contextOf({ aptPackages: ["make", "jq", "jq"] }));
  });

  it.each<[string, Partial<ImageInputs>]>([
    ["the base image", { baseImage: "ubuntu:24.04" }],
    ["the Node image", { nodeImage: "node:24" }],
    ["the Codex version", { codexVersion: "0.155.0" }],
    ["who brings Codex", { installCodex: false }],
    ["the packages", { aptPackages: ["jq"] }],
    ["the set-up", { setupScript: "#!/bin/sh\ntrue\n" }],
    ["the certificates", { extraCaCertificates: ["-----BEGIN CERTIFICATE-----"] }],
    ["whether they are kept", { keepExtraCaCertificates: true }],
  ])("has another hash and tag when %s change", (_, changes) => {
    const [before, after] = [contextOf(), contextOf(changes)];

    expect(after.hash).not.toBe(before.hash);
    expect(after.tag).not.toBe(before.tag);
  });

  it("has another hash when a program changes, or moves", () => {
    const program = programs["agent-wrapper.cjs"];
    const hashes = [
      buildContext(inputs, { programs }),
      buildContext(inputs, { programs: { "agent-wrapper.cjs": Buffer.from("// another wrapper") } }),
      buildContext(inputs, { programs: { "apply-files.cjs": program } }),
    ].map(({ hash }) => hash);

    expect(new Set(hashes).size).toBe(3);
  });

  it("names the image by Codex version and content", () => {
    const { hash, tag } = contextOf();

    expect(tag).toBe(`codex-workspace:${CODEX_PIN}-${hash.slice(0, 12)}`);
  });

  it("pins the package of a known Codex on every architecture, and leaves an unknown one to npm's own check", () => {
    expect(contextOf().buildArgs["CODEX_INTEGRITY"]).toBe(Object.values(codexReleases[CODEX_PIN]!).join(" "));
    expect(contextOf({ codexVersion: "0.1.0" }).buildArgs["CODEX_INTEGRITY"]).toBe("");
  });

  it("joins certificates into one file, each on lines of its own", () => {
    const context = contextOf({ extraCaCertificates: ["\n-----BEGIN A-----", "-----BEGIN B-----\n\n"] });

    expect(textOf(context, "extra-ca.pem")).toBe("-----BEGIN A-----\n-----BEGIN B-----\n");
  });

  it("hands proxies to the steps of the build, in both cases of letters, and is the same context behind another", () => {
    const httpProxy = "http://proxy.example.com:3128";
    const httpsProxy = new Secret("http://user:password@proxy.example.com:3128");
    const noProxy = ["localhost", ".example.com"];
    const { proxyArgs, ...context } = contextOf({ httpProxy, httpsProxy, noProxy });
    const { proxyArgs: without, ...contextWithout } = contextOf();

    expect(proxyArgs).toEqual({
      HTTP_PROXY: httpProxy,
      http_proxy: httpProxy,
      HTTPS_PROXY: httpsProxy,
      https_proxy: httpsProxy,
      NO_PROXY: "localhost,.example.com",
      no_proxy: "localhost,.example.com",
    });
    expect(without).toEqual({});
    expect(context).toEqual(contextWithout);
  });

  it("runs the set-up script as it was given, and otherwise one that does nothing", () => {
    expect(textOf(contextOf({ setupScript: "#!/bin/bash\necho hi" }), "setup.sh")).toBe("#!/bin/bash\necho hi");
    expect(textOf(contextOf(), "setup.sh")).toBe("#!/bin/sh\n");
  });

  it("is packed with modes and contents, and byte for byte the same at any time", async () => {
    const context = contextOf();
    const archive = await packBuildContext(context);

    expect(await packBuildContext(context)).toEqual(archive);
    expect(await unpack(archive)).toEqual(
      context.files.map(({ path, mode, content }) => ({ path, mode, content: Buffer.from(content) })),
    );
  });
});

async function unpack(archive: Buffer): Promise<{ path: string; mode: number | undefined; content: Buffer }[]> {
  const reader = extract();
  reader.end(archive);
  const entries = [];
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ path: entry.header.name, mode: entry.header.mode, content: Buffer.concat(chunks) });
  }
  return entries;
}
