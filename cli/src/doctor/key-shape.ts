/** What is odd about a model key, without showing any of it; nothing where it looks like one. */
export function keyShapeFault(key: string, baseUrl: string): string | undefined {
  if (/^["'].*["']$/.test(key)) return "it stands in quotes";
  if (/\s/.test(key)) return "it has white space in it";
  if (!/^[\x21-\x7e]+$/.test(key)) return "it has characters that no header can carry";
  if (new URL(baseUrl).hostname !== "api.openai.com") return undefined;
  if (!key.startsWith("sk-")) return "it does not begin with sk-, as keys of OpenAI do";
  return key.length < 20 ? `it has ${key.length} characters, keys of OpenAI have more` : undefined;
}
