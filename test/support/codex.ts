import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const packages = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
} as const;

/** The native Codex of the dev dependency, started without npm's launcher. */
export function codexBinary(): string {
  const platform = `${process.platform}-${process.arch}`;
  const target = Object.entries(packages).find(([name]) => name === platform)?.[1];
  if (target === undefined) throw new Error(`Codex has no binary for ${platform}`);
  const launcher = createRequire(import.meta.url).resolve("@openai/codex/package.json");
  const manifest = createRequire(launcher).resolve(`@openai/codex-${platform}/package.json`);
  const binary = join(dirname(manifest), "vendor", target, "bin", "codex");
  if (!existsSync(binary)) throw new Error(`no Codex binary at ${binary}`);
  return binary;
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
