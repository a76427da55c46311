import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { WorkspaceError } from "@codex-workspace/core";

/** @param owner - in words: `container "x"`, or nothing when it could not be found out */
export function portTaken(port: number, owner: string | undefined, cause?: unknown): WorkspaceError {
  const by = owner === undefined ? "" : ` by ${owner}`;
  return new WorkspaceError(`port ${port} is already used${by}`, {
    code: "PORT_TAKEN",
    remedy: `Stop ${owner === undefined ? "what listens there" : "it"}, or choose another port: with --port (0: any free one), or api.port or network.ports in the spec.`,
    cause,
  });
}

/** Whether 127.0.0.1 has that port to give; 0 is always free. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error.code === "EACCES" ? mayNotListen(port, error) : error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function mayNotListen(port: number, cause: Error): WorkspaceError {
  return new WorkspaceError(`this user may not listen on port ${port}`, {
    code: "SPEC_INVALID",
    remedy: "Choose a port from 1024 on, with --port or api.port in the spec.",
    cause,
  });
}

/** The process of this machine that listens on a port, in words; nothing where the system does not tell us. */
export async function listeningProcess(port: number): Promise<string | undefined> {
  const sockets = await listeningSockets(port);
  if (sockets.length === 0) return undefined;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    // Processes end while we look, and those of others hide their files from us.
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
    if (!links.some((link) => sockets.includes(link))) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    if (words[0]?.endsWith("docker-proxy") === true) return `a container (docker ps --filter publish=${port})`;
    return `process ${pid} (${words.join(" ").trim().slice(0, 80)})`;
  }
  return undefined;
}

/** What the descriptors of listening sockets link to: `socket:[INODE]`. */
async function listeningSockets(port: number): Promise<string[]> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "utf8").catch(() => "")),
  );
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return tables
    .flatMap((table) => table.split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = "", , state]) => state === "0A" && local.endsWith(`:${wanted}`))
    .map((fields) => `socket:[${fields[9] ?? ""}]`);
}
