import { createHash } from "node:crypto";
import type { StoredRequest } from "./prompt-store.ts";

/** An image of which the bytes are gone: what is shown of it, and what tells it from another one. */
export interface ReleasedImage {
  readonly type: "releasedImage";
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Returns a request without the bytes of its images: Codex has its own copy of those that it took. */
export function withoutImages(request: StoredRequest): StoredRequest {
  const input = request.input.map((part) => (part.type === "image" ? released(part.url) : part));
  return { ...request, input };
}

export function hasImages({ input }: StoredRequest): boolean {
  return input.some(({ type }) => type === "image");
}

function released(url: string): ReleasedImage {
  const [, mediaType = "", base64 = ""] = /^data:([^;]*);base64,(.*)$/.exec(url) ?? [];
  const sha256 = createHash("sha256").update(url).digest("hex");
  return { type: "releasedImage", mediaType, bytes: Buffer.byteLength(base64, "base64"), sha256 };
}
