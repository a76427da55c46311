import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { wrapperFlags } from "@codex-workspace/agent-wrapper/image";

export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
}

/** A server of this directory in a process of its own, with the wrapper's flags; its first line of output is its port. */
export async function startServer(program: string, args: readonly string[]): Promise<ServerProcess> {
  const file = fileURLToPath(new URL(`servers/${program}`, import.meta.url));
  const flags = [...wrapperFlags, "--conditions=codex-workspace-source"];
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}
