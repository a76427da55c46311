import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { localLayout, parseSpec, planWorkspace, renderFiles, Secret, type WorkspaceSpec } from "@codex-workspace/core";
import type { TestedCodex } from "./codex-versions.ts";

/** What a real Codex makes of a generated config.toml. */
export interface Judgement {
  /** Of a thread that names none itself. */
  readonly sandbox: Readonly<Record<string, unknown>>;
  readonly approvalPolicy: unknown;
  readonly model: string;
  readonly modelProvider: string;
  /** As `codex mcp list --json` prints them. */
  readonly mcpServers: readonly Readonly<Record<string, unknown>>[];
  /** Everything that it said by itself. */
  readonly warnings: readonly string[];
}

/** Renders a spec and has Codex read what was rendered, strictly: an unknown key ends it, with the file and line. */
export async function judge(spec: WorkspaceSpec, { codexVersion, codexProgram }: TestedCodex): Promise<Judgement> {
  const directory = await mkdtemp("/var/tmp/codex-workspace-judged-");
  try {
    const workdir = join(directory, "project");
    const plan = planWorkspace(parseSpec({ workdir, codexVersion, trustProject: true, ...spec }), {
      name: "judged",
      resolveSecret: () => new Secret("a-secret"),
      generatedToken: new Secret("a-token"),
      ...(spec.modelProvider === undefined && { demoModelUrl: "http://127.0.0.1:9/v1" }),
    });
    const rendered = renderFiles(plan, localLayout(plan, { directory, codexProgram }));
    const home = join(directory, "home");
    await Promise.all([workdir, home].map((path) => mkdir(path)));
    const configToml = rendered.files.find(({ path }) => path === "config.toml")?.content;
    if (typeof configToml !== "string") throw new Error("no config.toml was rendered");
    await writeFile(join(home, "config.toml"), configToml);
    const run = { cwd: workdir, env: { PATH: process.env["PATH"], HOME: directory, CODEX_HOME: home } };
    const [thread, mcp] = await Promise.all([
      startThread(codexProgram, run),
      promisify(execFile)(codexProgram, ["mcp", "list", "--json"], run),
    ]);
    return { ...thread, mcpServers: JSON.parse(mcp.stdout) as Judgement["mcpServers"] };
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts a thread in an app-server that reads its configuration strictly; what that thread is. */
async function startThread(
  program: string,
  run: { cwd: string; env: Record<string, string | undefined> },
): Promise<Omit<Judgement, "mcpServers">> {
  const appServer = spawn(program, ["app-server", "--strict-config"], { ...run, stdio: "pipe" });
  const { result, warnings } = await askAppServer(appServer, "thread/start", { cwd: run.cwd });
  const { sandbox, approvalPolicy, model, modelProvider } = result as Omit<Judgement, "mcpServers" | "warnings">;
  return { sandbox, approvalPolicy, model, modelProvider, warnings };
}

interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** What an app-server on its standard streams answers, and what it warned of before; it is ended then. */
export async function askAppServer(
  child: ChildProcessWithoutNullStreams,
  method: string,
  params: object,
): Promise<{ result: unknown; warnings: string[] }> {
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined);
  const said: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const send = (frame: object): boolean => child.stdin.write(`${JSON.stringify(frame)}\n`);
  const clientInfo = { name: "judge", title: null, version: "1" };
  const warnings: string[] = [];
  send({ id: 1, method: "initialize", params: { clientInfo, capabilities: { experimentalApi: true } } });
  send({ method: "initialized" });
  send({ id: 2, method, params });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const frame = JSON.parse(line) as Frame;
      if (frame.error !== undefined) throw new Error(frame.error.message);
      if (/warning$/i.test(frame.method ?? "")) warnings.push(JSON.stringify(frame.params));
      if (frame.id === 2 && frame.result !== undefined) return { result: frame.result, warnings };
    }
    await closed;
    throw new Error(said.join("\n"));
  } finally {
    child.kill("SIGKILL");
    await closed;
  }
}
