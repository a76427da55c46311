import { readFile, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { until } from "./workspace-http.ts";

/** Bytes that Node reads from a socket which nobody reads. */
const readAhead = 64 * 1024;

export interface ReaderRequest {
  readonly path: string;
  readonly token: string;
  readonly headers?: readonly string[];
}

/** Opens a connection, sends a request and does not read the answer. */
export function openSilentReader(url: string, { path, token, headers = [] }: ReaderRequest): Socket {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const head = [`GET ${path} HTTP/1.1`, `Host: ${hostname}`, `Authorization: Bearer ${token}`, ...headers];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  return socket;
}

/** Opens so many silent readers, and waits until each has an answer that is longer than its buffers. */
export async function openSilentReaders(count: number, url: string, request: ReaderRequest): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => openSilentReader(url, request));
  await until(() => sockets.every(({ bytesRead }) => bytesRead >= readAhead), "every reader to be sent something");
  return sockets;
}

/** Memory of a process, now and at most since the last {@link resetPeak}. */
export async function memoryMiB(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

/** Makes the memory that a process has now its peak. */
export async function resetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
}
