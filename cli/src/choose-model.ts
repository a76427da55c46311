import { defaultModelProvider, type WorkspaceSpec } from "@codex-workspace/core";

export interface ModelChoice {
  readonly kind: "provider" | "demo";
  /** Why this one, in words. */
  readonly why: string;
}

/** Which model answers: the spec's provider, else OpenAI where its key is granted or at hand, else the scripted demo model. */
export function chooseModel(
  { modelProvider, grants }: WorkspaceSpec,
  env: Readonly<Record<string, string | undefined>>,
): ModelChoice {
  const variable = defaultModelProvider.apiKey.env;
  if (modelProvider !== undefined) return { kind: "provider", why: "modelProvider of the spec" };
  if (grants?.includes("openai")) return { kind: "provider", why: "grant openai" };
  if ((env[variable] ?? "").trim() !== "") return { kind: "provider", why: `${variable} is set` };
  return { kind: "demo", why: `the spec names no modelProvider and ${variable} is not set` };
}
