import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  configFiles,
  configManifestSchema,
  hashOfFile,
  profileFile,
  Secret,
  type TokenFile,
  tokenFileSchema,
  WorkspaceError,
  type WrapperConfig,
  wrapperConfigSchema,
} from "@codex-workspace/core";

/** What a provisioner left for us in the configuration directory. */
export interface Bundle {
  /** Its manifest as it was written: two bundles with the same one are the same. */
  readonly manifest: Secret;
  readonly config: WrapperConfig;
  readonly configToml: string;
  /** Of each profile what it lays over config.toml, by its name. */
  readonly profiles: Readonly<Record<string, string>>;
  readonly requirementsToml: string | undefined;
  readonly agentsMd: string | undefined;
  readonly projectAgentsMd: string | undefined;
  /** Paths of the scripts that run at every start. */
  readonly preInstallScript: string | undefined;
  readonly postInstallScript: string | undefined;
  readonly modelKey: Secret | undefined;
  readonly secretEnvironment: Readonly<Record<string, Secret>>;
  /** PEM text. */
  readonly caCertificates: string | undefined;
}

/**
 * The configuration as a whole: every file as the manifest says.
 *
 * @throws WorkspaceError `WRAPPER_CONFIG_INVALID`
 */
export async function readBundle(directory: string): Promise<Bundle> {
  try {
    const manifest = await readFile(join(directory, configFiles.manifest), "utf8");
    const read = toReader(await readWhole(directory, manifest));
    const config = wrapperConfigSchema.parse(parseJson(configFiles.wrapper, read(configFiles.wrapper)));
    return {
      manifest: new Secret(manifest),
      config,
      configToml: read(configFiles.configToml),
      profiles: Object.fromEntries(
        Object.keys(config.profiles).map((name) => [name, read(join(configFiles.profiles, profileFile(name)))]),
      ),
      requirementsToml: config.requirements ? read(configFiles.requirements) : undefined,
      agentsMd: config.agentsMd ? read(configFiles.agentsMd) : undefined,
      projectAgentsMd: config.projectAgentsMd === "none" ? undefined : read(configFiles.projectAgentsMd),
      preInstallScript: config.preInstallScript ? join(directory, configFiles.preInstallScript) : undefined,
      postInstallScript: config.postInstallScript ? join(directory, configFiles.postInstallScript) : undefined,
      modelKey: config.modelKey ? new Secret(read(configFiles.modelKey).trim()) : undefined,
      secretEnvironment: config.secretEnvironment ? parseSecrets(read(configFiles.secretEnvironment)) : {},
      caCertificates: config.caCertificates ? read(configFiles.caCertificates) : undefined,
    };
  } catch (error) {
    throw notUnderstood(directory, error);
  }
}

/** The values that nothing which others read may have. */
export function secretsOf({ modelKey, secretEnvironment }: Bundle): string[] {
  const secrets = [...(modelKey === undefined ? [] : [modelKey]), ...Object.values(secretEnvironment)];
  return secrets.map((secret) => secret.reveal());
}

/** The tokens of the API. @throws WorkspaceError `WRAPPER_CONFIG_INVALID` */
export async function readTokens(directory: string): Promise<TokenFile["tokens"]> {
  try {
    return tokenFileSchema.parse(
      parseJson(configFiles.tokens, await readFile(join(directory, configFiles.tokens), "utf8")),
    ).tokens;
  } catch (error) {
    throw notUnderstood(directory, error);
  }
}

/** The files that the manifest names, by their paths. */
async function readWhole(directory: string, manifest: string): Promise<ReadonlyMap<string, string>> {
  const { files } = configManifestSchema.parse(parseJson(configFiles.manifest, manifest));
  const texts = await Promise.all(
    Object.entries(files).map(async ([path, hash]) => {
      const text = await readFile(join(directory, path), "utf8");
      if (hashOfFile(text) !== hash) throw new Error(`${path} is not what ${configFiles.manifest} says`);
      return [path, text] as const;
    }),
  );
  return new Map(texts);
}

function toReader(files: ReadonlyMap<string, string>): (path: string) => string {
  return (path) => {
    const text = files.get(path);
    if (text === undefined) throw new Error(`${configFiles.manifest} does not name ${path}`);
    return text;
  };
}

function parseSecrets(json: string): Record<string, Secret> {
  const values = Object.entries(parseJson(configFiles.secretEnvironment, json) as Record<string, string>);
  return Object.fromEntries(values.map(([name, value]) => [name, new Secret(value)]));
}

/** The message of JSON.parse quotes the text. */
function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${path} is no JSON`);
  }
}

function notUnderstood(directory: string, error: unknown): WorkspaceError {
  return new WorkspaceError(`${directory} holds no configuration that this wrapper understands: ${String(error)}`, {
    code: "WRAPPER_CONFIG_INVALID",
    remedy: "Provision the workspace again, with a provisioner of the image's release.",
    cause: error,
  });
}
