import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  configFiles,
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
  /** Where it was found. */
  readonly directory: string;
  readonly config: WrapperConfig;
  /** None where the API needs none. */
  readonly tokens: TokenFile["tokens"];
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

/** @throws WorkspaceError `WRAPPER_CONFIG_INVALID` */
export async function readBundle(directory: string): Promise<Bundle> {
  const read = (path: string): Promise<string> => readFile(join(directory, path), "utf8");
  try {
    const config = wrapperConfigSchema.parse(JSON.parse(await read(configFiles.wrapper)));
    return {
      directory,
      config,
      tokens: config.api.auth === "token" ? parseTokens(await read(configFiles.tokens)) : [],
      configToml: await read(configFiles.configToml),
      profiles: Object.fromEntries(
        await Promise.all(
          Object.keys(config.profiles).map(
            async (name) => [name, await read(join(configFiles.profiles, profileFile(name)))] as const,
          ),
        ),
      ),
      requirementsToml: config.requirements ? await read(configFiles.requirements) : undefined,
      agentsMd: config.agentsMd ? await read(configFiles.agentsMd) : undefined,
      projectAgentsMd: config.projectAgentsMd === "none" ? undefined : await read(configFiles.projectAgentsMd),
      preInstallScript: config.preInstallScript ? join(directory, configFiles.preInstallScript) : undefined,
      postInstallScript: config.postInstallScript ? join(directory, configFiles.postInstallScript) : undefined,
      modelKey: config.modelKey ? new Secret((await read(configFiles.modelKey)).trim()) : undefined,
      secretEnvironment: config.secretEnvironment ? parseSecrets(await read(configFiles.secretEnvironment)) : {},
      caCertificates: config.caCertificates ? await read(configFiles.caCertificates) : undefined,
    };
  } catch (error) {
    throw new WorkspaceError(`${directory} holds no configuration that this wrapper understands: ${String(error)}`, {
      code: "WRAPPER_CONFIG_INVALID",
      remedy: "Provision the workspace again, with a provisioner of the image's release.",
      cause: error,
    });
  }
}

function parseTokens(json: string): TokenFile["tokens"] {
  return tokenFileSchema.parse(JSON.parse(json)).tokens;
}

function parseSecrets(json: string): Record<string, Secret> {
  const values = Object.entries(JSON.parse(json) as Record<string, string>);
  return Object.fromEntries(values.map(([name, value]) => [name, new Secret(value)]));
}
