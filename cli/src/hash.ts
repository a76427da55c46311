import { createHash } from "node:crypto";
import type { Secret } from "@codex-workspace/core";

/** SHA-256 (hex) of a list of texts, secrets included: it tells whether one of them changed, and nothing else. */
export function hashOf(...parts: readonly (string | Secret)[]): string {
  const texts = parts.map((part) => (typeof part === "string" ? part : part.reveal()));
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}
