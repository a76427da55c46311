/** What keeps a secret from being sent as bearer token (RFC 6750), without showing any of it; nothing where it can be. */
export function bearerFault(secret: string): string | undefined {
  if (/^["'].*["']$/.test(secret)) return "it stands in quotes";
  if (/\s/.test(secret)) return "it has white space in it";
  return /^[A-Za-z0-9._~+/-]+=*$/.test(secret) ? undefined : "it has characters that no bearer token has";
}

/** What is odd about the beginning of a key for OpenAI. */
export function openAiKeyFault(key: string): string | undefined {
  return key.startsWith("sk-") ? undefined : "it does not begin with sk-, as keys of OpenAI do";
}
