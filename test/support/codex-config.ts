import { spawn } from "node:child_process";
import { codexBinary } from "./codex.ts";
import { askAppServer } from "./codex-judge.ts";

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
  const { result } = await askAppServer(child, "config/read", { cwd: codexHome });
  return (result as { config: Record<string, unknown> }).config;
}
