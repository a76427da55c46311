import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { CODEX_PIN } from "@codex-workspace/core";
import { locateCodexProgram } from "../../cli/src/engines/local/codex-program.ts";

/** The cache that the command line installs Codex into, one version below another. */
export function codexCache(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  return join(xdg === undefined || xdg === "" ? join(homedir(), ".cache") : xdg, "codex-workspace", "codex");
}

/** The pinned Codex's native program: of the dev dependency, or of the cache where that is another version. */
export function codexBinary(): string {
  const options = { version: CODEX_PIN, install: true, cache: codexCache(), env: process.env };
  const { path, installed } = locateCodexProgram(options);
  if (!installed) throw new Error(`Codex ${CODEX_PIN} is not installed: run npm ci`);
  return path;
}

export interface CodexFolders extends AsyncDisposable {
  /** CODEX_HOME, with a config.toml that names the model. */
  readonly home: string;
  /** An empty, trusted project. */
  readonly project: string;
  /** What a Codex process gets as its environment: nothing of the caller's but PATH. */
  readonly env: Readonly<Record<string, string>>;
}

/** Makes a CODEX_HOME whose only model provider is the one at `modelUrl`, and a project beside it. */
export async function createCodexFolders(modelUrl: string, extraToml = ""): Promise<CodexFolders> {
  const root = await mkdtemp(join(tmpdir(), "codex-workspace-"));
  const [home, project, temporary] = [join(root, "home"), join(root, "project"), join(root, "tmp")] as const;
  await Promise.all([home, project, temporary].map((folder) => mkdir(folder)));
  await writeFile(
    join(home, "config.toml"),
    `model = "gpt-5.5"
model_provider = "scripted"
check_for_update_on_startup = false
[features]
plugins = false
daemon_auto_start = false
[model_providers.scripted]
name = "Scripted model"
base_url = ${JSON.stringify(modelUrl)}
wire_api = "responses"
supports_websockets = false
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
[projects.${JSON.stringify(project)}]
trust_level = "trusted"
${extraToml}`,
  );
  return {
    home,
    project,
    // Codex makes no sandbox helper when its home lies below the temporary folder, and then no command can run.
    env: { PATH: process.env["PATH"] ?? "", HOME: root, CODEX_HOME: home, TMPDIR: temporary },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  };
}
