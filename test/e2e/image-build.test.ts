import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { buildContext, type ImageInputs } from "@codex-workspace/agent-wrapper/image";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompanyProxy, startCompanyProxy } from "../support/company-proxy.ts";
import { docker, testLabel, withoutDocker } from "../support/docker.ts";
import { buildImage, removeImages, removeStages, testImageInputs } from "../support/image.ts";
import { differences, findInImage, imageFiles } from "../support/image-files.ts";

const reason = (await withoutDocker()) ?? (await withoutRegistry());
if (reason !== undefined) console.warn(`SKIPPED test/e2e/image-build.test.ts: ${reason}`);

/** Some builds of one image, none of which takes a step from the cache. */
const timeoutMs = 900_000;

describe.skipIf(reason !== undefined)("an image that is built anew", () => {
  const prefix = `codex-workspace-test/built-anew:${process.pid}`;
  const made: string[] = [];
  let inputs: ImageInputs;
  let first: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const { baseImage, nodeImage } = testImageInputs;
    inputs = { ...testImageInputs, baseImage: await likeNoOther(baseImage), nodeImage: await likeNoOther(nodeImage) };
    first = await imageFiles(await buildAnew(inputs));
  }, timeoutMs);
  afterAll(() => removeImages(made));

  /** The same image for this test alone: nobody's build takes a step from one of ours, which we remove. */
  async function likeNoOther(image: string): Promise<string> {
    const tag = `${prefix}-${made.length}`;
    await docker(["build", "--label", `${testLabel}=${prefix}`, "--tag", tag, "-"], `FROM ${image}\n`);
    made.push(tag);
    return tag;
  }

  async function buildAnew(from: ImageInputs, flags: readonly string[] = []): Promise<string> {
    const tag = `${prefix}-${made.length}`;
    const { exitCode, stdout, stderr } = await buildImage({ ...buildContext(from), tag }, ["--no-cache", ...flags]);
    if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
    made.push(tag);
    await removeStages(stdout);
    return tag;
  }

  test(
    "of the same inputs has the same files: contents, owners, modes, links and attributes",
    async () => {
      const second = await imageFiles(await buildAnew(inputs));

      expect(second.size).toBeGreaterThan(5000);
      expect(differences(first, second)).toEqual({});
    },
    timeoutMs,
  );

  describe("where a company's proxy, which ends TLS, is the only way out", () => {
    const network = `codex-workspace-test-${process.pid}`;
    let proxy: CompanyProxy;
    let image: string;

    beforeAll(async () => {
      await docker(["network", "create", "--internal", "--label", testLabel, network]);
      const gateway = await docker(["network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network]);
      proxy = await startCompanyProxy(gateway);
      const { url: httpProxy, url: httpsProxy, certificate } = proxy;
      const behindProxy = { ...inputs, extraCaCertificates: [certificate], httpProxy, httpsProxy };
      image = await buildAnew(behindProxy, ["--network", network]);
    }, timeoutMs);
    afterAll(async () => {
      await docker(["network", "rm", network]);
      await proxy[Symbol.asyncDispose]();
    });

    test("is built through it: http and https, and there is no other way", async () => {
      expect([...proxy.seen].sort()).toEqual(["http:", "https:"]);
      expect(await reach(await npmRegistry(), network)).toBe("not reached");
      expect(await reach(await npmRegistry(), "bridge")).toBe("reached");
    });

    /** Whether a container of a network gets a connection to the host of a URL. */
    async function reach({ protocol, hostname, port }: URL, from: string): Promise<string> {
      const address = { host: hostname, port: port === "" ? (protocol === "http:" ? 80 : 443) : Number(port) };
      const program = `
        const end = (said) => { console.log(said); process.exit(); };
        const socket = require("node:net").connect(${JSON.stringify(address)}, () => end("reached"));
        socket.on("error", () => end("not reached"));
        setTimeout(end, 10_000, "not reached");`;
      const node = ["--entrypoint", "/opt/codex-workspace/node/bin/node", image, "-e", program];
      return docker(["run", "--rm", "--label", testLabel, "--network", from, ...node]);
    }

    test("has the files of one that was built without it", async () => {
      expect(differences(first, await imageFiles(image))).toEqual({});
    });

    test("has nothing of it in any layer, its history or its variables", async () => {
      const { host } = new URL(proxy.url);
      const certificateLine = proxy.certificate.split("\n")[2] ?? "";
      const user = "codex:x:1000:1000";

      expect(await findInImage(image, [host, certificateLine, user])).toEqual([user]);
    });
  });
});

async function npm(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("npm", args);
  return stdout.trim();
}

/** The one that this machine is told to use. */
async function npmRegistry(): Promise<URL> {
  return new URL(await npm("config", "get", "registry"));
}

/** Why nothing can be installed here, or `undefined` when it can. */
async function withoutRegistry(): Promise<string | undefined> {
  try {
    await npm("ping", "--fetch-retries=0", "--fetch-timeout=20000");
    return undefined;
  } catch {
    return "npm's registry does not answer";
  }
}
