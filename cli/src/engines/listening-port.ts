/** Where the wrapper listens, once its log says so: on loopback, or in its container. */
export function listeningPort(log: string): number | undefined {
  const port = /"port":(\d+)[^\n]*"msg":"listening"/.exec(log)?.[1];
  return port === undefined ? undefined : Number(port);
}
