import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { codexBinary } from "./codex.ts";

/**
 * What Codex itself reads from the config.toml of a CODEX_HOME: `config/read` of an app-server that refuses what it does
 * not know. Throws with Codex's words when it refuses.
 */
export async function readStrictly(codexHome: string, program = codexBinary()): Promise<Record<string, unknown>> {
  const child = spawn(program, ["--strict-config", "app-server"], {
    cwd: codexHome,
    env: { PATH: process.env["PATH"], HOME: codexHome, CODEX_HOME: codexHome },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => lastWords.push(line));
  const send = (message: object): boolean => child.stdin.write(`${JSON.stringify(message)}\n`);
  const clientInfo = { name: "codex-workspace-test", version: "0.0.0" };
  send({ id: 1, method: "initialize", params: { clientInfo } });
  send({ method: "initialized" });
  send({ id: 2, method: "config/read", params: { cwd: codexHome } });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { config: Record<string, unknown> } };
      if (id === 2 && result !== undefined) return result.config;
    }
    throw new Error(`Codex refused the configuration: ${lastWords.join("\n")}`);
  } finally {
    child.kill();
    await exited;
  }
}
