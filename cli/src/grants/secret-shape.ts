/** What keeps a secret from being sent in a header, without showing any of it; nothing where it can be. */
export function headerFault(secret: string): string | undefined {
  if (/^["'].*["']$/.test(secret)) return "it stands in quotes";
  if (/\s/.test(secret)) return "it has white space in it";
  return /^[\x21-\x7e]+$/.test(secret) ? undefined : "it has characters that no header can carry";
}

/** What is odd about the beginning of a key for OpenAI. */
export function openAiKeyFault(key: string): string | undefined {
  return key.startsWith("sk-") ? undefined : "it does not begin with sk-, as keys of OpenAI do";
}
