/** Whether a host, as a URL has it, is whoever asks. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}
