import { createHash } from "node:crypto";
import type { Item } from "../codex/protocol.ts";
import type { StoredRequest } from "./prompt-store.ts";

/** What the store keeps of an image: enough to show the image and to tell it from another one. */
interface ImageFacts {
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An image of a prompt that has ended. */
export interface ReleasedImage extends ImageFacts {
  readonly type: "releasedImage";
}

/** Returns a request without the bytes of its images: Codex has a copy of each image that it took. */
export function withoutImages(request: StoredRequest): StoredRequest {
  const input = request.input.map((part) =>
    part.type === "image" ? { type: "releasedImage" as const, ...factsOf(part.url) } : part,
  );
  return { ...request, input };
}

export function hasImages({ input }: StoredRequest): boolean {
  return input.some(({ type }) => type === "image");
}

/** Returns an item of Codex without the bytes of images: a user's message repeats the images of its prompt. */
export function itemWithoutImages(item: Item): Item {
  const { type, content } = item;
  if (type !== "userMessage" || !Array.isArray(content)) return item;
  return { ...item, content: content.map(partWithoutImage) };
}

/** Returns an event's data without the bytes of images in its item. */
export function eventWithoutImages<T extends object>(data: T): T {
  return "item" in data ? { ...data, item: itemWithoutImages(data.item as Item) } : data;
}

function partWithoutImage(part: unknown): unknown {
  const { url, ...rest } = (part ?? {}) as Readonly<Record<string, unknown>>;
  return typeof url === "string" && /^data:/i.test(url) ? { ...rest, ...factsOf(url) } : part;
}

function factsOf(dataUrl: string): ImageFacts {
  const comma = dataUrl.indexOf(",");
  const [mediaType = ""] = dataUrl.slice("data:".length, comma).split(";");
  const bytes = Buffer.byteLength(dataUrl.slice(comma + 1), "base64");
  return { mediaType, bytes, sha256: createHash("sha256").update(dataUrl).digest("hex") };
}
