import { bearerFault, openAiKeyFault } from "../grants/secret-shape.ts";

/** What is odd about a model key, without showing any of it; nothing where it looks like one. */
export function keyShapeFault(key: string, baseUrl: string): string | undefined {
  const fault = bearerFault(key);
  if (fault !== undefined || new URL(baseUrl).hostname !== "api.openai.com") return fault;
  if (key.length < 20) return openAiKeyFault(key) ?? `it has ${key.length} characters, keys of OpenAI have more`;
  return openAiKeyFault(key);
}
