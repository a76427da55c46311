import { hashOfFile, renderManifest } from "../config-manifest.ts";
import { renderToml } from "../config/toml-table.ts";
import { configFiles, profileFile } from "../contract.ts";
import type { PlannedThread, WorkspacePlan } from "../plan/workspace-plan.ts";
import { Secret } from "../secret.ts";
import type { TokenFile } from "../token-file.ts";
import type { WrapperConfig } from "../wrapper-config.ts";
import { renderGitConfig } from "./git-config.ts";
import type { Layout } from "./layout.ts";
import { relaysOf } from "./relays.ts";

/** A file of the configuration directory, owned by root (or by the one user of the local engine). */
export interface RenderedFile {
  /** Relative to the configuration directory. */
  readonly path: string;
  readonly content: string | Secret;
  /** Octal permissions: 0o444, or 0o400 where only its owner may read it. */
  readonly mode: number;
}

export interface RenderedWorkspace {
  /** In the order in which they have to be written. */
  readonly files: readonly RenderedFile[];
  /** SHA-256 (hex) of everything that reaches the session but the secrets. */
  readonly configHash: string;
  /** What `workspace.json` says. */
  readonly wrapper: WrapperConfig;
}

/** The files that the wrapper reads. Pure and deterministic: same plan and layout, same bytes. */
export function renderFiles(plan: WorkspacePlan, layout: Layout): RenderedWorkspace {
  const configToml = renderToml(plan.config.table);
  const profiles = Object.entries(plan.profiles).map(
    ([name, { settings }]) => [`${configFiles.profiles}/${profileFile(name)}`, renderToml(settings)] as const,
  );
  const { agentsMd, projectAgentsMd, requirements } = plan.config;
  const requirementsToml = requirements && renderToml(requirements);
  const gitConfig = plan.network?.gateway.github && renderGitConfig(plan.network.gateway.github);
  const { preInstall, postInstall } = plan.startScripts;
  const unhashed = wrapperConfig(plan, layout);
  const { secrets, caCertificates } = plan.environment;
  const configHash = hashOfFile(
    JSON.stringify([
      unhashed,
      configToml,
      profiles,
      agentsMd ?? null,
      projectAgentsMd?.text ?? null,
      preInstall ?? null,
      postInstall ?? null,
      caCertificates,
      requirementsToml ?? null,
      gitConfig ?? null,
    ]),
  );
  const wrapper: WrapperConfig = { ...unhashed, configHash };
  const files: RenderedFile[] = [
    { path: configFiles.wrapper, content: `${JSON.stringify(wrapper, null, 2)}\n`, mode: 0o400 },
    { path: configFiles.configToml, content: configToml, mode: 0o444 },
    ...profiles.map(([path, content]) => ({ path, content, mode: 0o444 })),
  ];
  if (plan.api.auth === "token") {
    // For the wrapper alone: a token that a person chose could be found from its hash.
    files.push({ path: configFiles.tokens, content: `${JSON.stringify(tokenFile(plan), null, 2)}\n`, mode: 0o400 });
  }
  if (requirementsToml !== undefined) {
    files.push({ path: configFiles.requirements, content: requirementsToml, mode: 0o444 });
  }
  if (gitConfig !== undefined) files.push({ path: configFiles.gitConfig, content: gitConfig, mode: 0o444 });
  if (agentsMd !== undefined) files.push({ path: configFiles.agentsMd, content: agentsMd, mode: 0o444 });
  if (projectAgentsMd !== undefined) {
    files.push({ path: configFiles.projectAgentsMd, content: projectAgentsMd.text, mode: 0o444 });
  }
  for (const [path, content] of [
    [configFiles.preInstallScript, preInstall],
    [configFiles.postInstallScript, postInstall],
  ] as const) {
    // Codex's user runs it, so it may read it.
    if (content !== undefined) files.push({ path, content, mode: 0o555 });
  }
  const modelKey = modelKeyOf(plan);
  if (modelKey !== undefined) files.push({ path: configFiles.modelKey, content: modelKey, mode: 0o400 });
  if (unhashed.secretEnvironment) {
    const values = Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()] as const);
    const content = new Secret(JSON.stringify(Object.fromEntries(values)));
    files.push({ path: configFiles.secretEnvironment, content, mode: 0o400 });
  }
  if (unhashed.caCertificates) {
    const content = caCertificates.map((certificate) => `${certificate.trim()}\n`).join("");
    files.push({ path: configFiles.caCertificates, content, mode: 0o444 });
  }
  files.push({ path: configFiles.manifest, content: renderManifest(files), mode: 0o400 });
  return { files, configHash, wrapper };
}

function wrapperConfig(plan: WorkspacePlan, layout: Layout): Omit<WrapperConfig, "configHash"> {
  const { initialPrompt, continue: resumes } = plan.session;
  return {
    format: 1,
    name: plan.name,
    codex: {
      version: plan.codexVersion,
      program: layout.codexProgram,
      overrides: overridesOf(plan),
      platformKeys: plan.config.platformKeys.map((path) => [...path]),
      env: { ...plan.environment.variables },
    },
    users: layout.users,
    ownsWorkdir: plan.project.kind === "volume",
    paths: {
      workdir: layout.workdir,
      codexHome: layout.codexHome,
      terminalHome: layout.terminalHome,
      state: layout.state,
      uploads: layout.uploads,
      caBundle: layout.caBundle,
    },
    session: {
      ...threadSettings(plan.session),
      ...(initialPrompt !== undefined && { initialPrompt }),
      continue: resumes,
    },
    modelLimits: {
      ...plan.network?.gateway.model?.limits,
      ...(plan.tokensPerDay !== undefined && { tokensPerDay: plan.tokensPerDay }),
    },
    ...(plan.approvalTimeoutSeconds !== undefined && { approvalTimeoutSeconds: plan.approvalTimeoutSeconds }),
    profiles: Object.fromEntries(
      Object.entries(plan.profiles).map(([name, { thread }]) => [name, threadSettings(thread)]),
    ),
    requirements: plan.config.requirements !== undefined,
    agentsMd: plan.config.agentsMd !== undefined,
    projectAgentsMd: projectAgentsMdOf(plan),
    preInstallScript: plan.startScripts.preInstall !== undefined,
    postInstallScript: plan.startScripts.postInstall !== undefined,
    modelKey: modelKeyOf(plan) !== undefined,
    secretEnvironment: Object.keys(plan.environment.secrets).length > 0,
    caCertificates: plan.environment.caCertificates.length > 0,
    logLevel: plan.logLevel,
    api: {
      listen: { ...layout.listen },
      hosts: [...plan.api.hosts],
      origins: [...plan.api.origins],
      auth: plan.api.auth,
      limits: { ...plan.api.limits },
    },
    relays: relaysOf(plan.network),
  };
}

/** What Codex itself has to know: nothing where a gateway adds it. */
function modelKeyOf({ model, network }: WorkspacePlan): Secret | undefined {
  return network === undefined && model.kind === "provider" ? model.key : undefined;
}

function threadSettings({ sandboxMode, permissions, approvalPolicy, workspaceWrite, model, config }: PlannedThread) {
  return {
    sandboxMode,
    ...(permissions !== undefined && { permissions }),
    approvalPolicy,
    workspaceWrite,
    ...(model !== undefined && { model }),
    config,
  };
}

function tokenFile({ api: { tokens } }: WorkspacePlan): TokenFile {
  return {
    tokens: tokens.map(({ name, token, scopes, expiresAt }) => ({
      name,
      sha256: hashOfFile(token.reveal()),
      scopes: [...scopes],
      ...(expiresAt !== undefined && { expiresAt }),
    })),
  };
}

function projectAgentsMdOf({ config: { projectAgentsMd } }: WorkspacePlan): WrapperConfig["projectAgentsMd"] {
  if (projectAgentsMd === undefined) return "none";
  return projectAgentsMd.changeTrackedFile ? "always" : "unless-tracked";
}

function overridesOf({ config }: WorkspacePlan): WrapperConfig["codex"]["overrides"] {
  const entries = Object.entries(config.overrides);
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === "object" ? [...value] : value]));
}
