/** Returns a script with LF line ends: an editor or a checkout of Windows writes CRLF, with which no interpreter is found. */
export function withUnixLines(script: string | undefined): string | undefined {
  return script?.replaceAll("\r\n", "\n");
}
