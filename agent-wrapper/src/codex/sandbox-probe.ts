import { type RunOnceOptions, runOnce } from "./run-once.ts";

/** Whether Codex's own sandbox works here. We report it, and never weaken `sandbox_mode` because of it. */
export type SandboxProbe = { readonly state: "working" } | { readonly state: "blocked"; readonly reason: string };

/** Runs `true` in the sandbox of workspace-write. */
export async function probeSandbox(program: string, options: RunOnceOptions): Promise<SandboxProbe> {
  const { exitCode, stdout, stderr } = await runOnce(program, ["sandbox", "-P", ":workspace", "--", "true"], options);
  if (exitCode === 0) return { state: "working" };
  const words = `${stderr}\n${stdout}`
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("WARNING"));
  return { state: "blocked", reason: words.join(" ").trim() || `exit code ${String(exitCode)}` };
}
