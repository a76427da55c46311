import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";

export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT/test@sha256:…` */
  readonly reference: string;
}

/** A registry on loopback, which engines trust without TLS, that serves one image: an empty one with these labels. */
export async function startRegistry(labels: Readonly<Record<string, string>>): Promise<TestRegistry> {
  const archive = pack();
  archive.entry({ name: "empty", mtime: new Date(0) }, "");
  archive.finalize();
  const layer = await buffer(archive);
  const config = json({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Labels: labels },
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
  });
  const types = "application/vnd.docker";
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${types}.distribution.manifest.v2+json`,
    config: { mediaType: `${types}.container.image.v1+json`, size: config.length, digest: digest(config) },
    layers: [{ mediaType: `${types}.image.rootfs.diff.tar`, size: layer.length, digest: digest(layer) }],
  });
  const blobs = new Map([layer, config, manifest].map((blob) => [digest(blob), blob]));
  const server = createServer(({ url = "" }, response) => {
    const blob = blobs.get(url.slice(url.lastIndexOf("/") + 1));
    if (url === "/v2/") response.end("{}");
    else if (blob === undefined) response.writeHead(404).end("{}");
    else {
      const type = blob === manifest ? `${types}.distribution.manifest.v2+json` : "application/octet-stream";
      response.writeHead(200, { "content-type": type, "content-length": blob.length }).end(blob);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    reference: `127.0.0.1:${port}/test@${digest(manifest)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digest(blob: Uint8Array): string {
  return `sha256:${createHash("sha256").update(blob).digest("hex")}`;
}
