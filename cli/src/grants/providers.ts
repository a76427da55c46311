import { defaultModelProvider } from "@codex-workspace/core";
import { openAiKeyFault } from "./secret-shape.ts";

/** Somebody whose secrets we know to find, and to try before they are stored. */
export interface Provider {
  /** The grant's name and kind. */
  readonly kind: "openai" | "github";
  readonly title: string;
  /** Environment variables that hold its secret; the first that is set counts. */
  readonly variables: readonly string[];
  readonly baseUrl: string;
  /** What everybody may read who has a good secret. */
  readonly probe: (baseUrl: string) => URL;
  /** The host that its secret is for. */
  readonly host: (baseUrl: string) => string;
  /** What is odd about a secret that could be sent. */
  readonly shapeFault: (secret: string) => string | undefined;
}

const openai: Provider = {
  kind: "openai",
  title: "OpenAI",
  variables: [defaultModelProvider.apiKey.env],
  baseUrl: defaultModelProvider.baseUrl,
  // With or without the version: people write both.
  probe: (baseUrl) => below(baseUrl, /\/v1\/*$/.test(baseUrl) ? "/models" : "/v1/models"),
  host: (baseUrl) => new URL(baseUrl).host,
  shapeFault: openAiKeyFault,
};

const github: Provider = {
  kind: "github",
  title: "GitHub",
  variables: ["GITHUB_TOKEN", "GH_TOKEN"],
  baseUrl: "https://api.github.com",
  probe: (baseUrl) => below(baseUrl, "/user"),
  // Its API has a host of its own; an enterprise server's has not.
  host: (baseUrl) => new URL(baseUrl).host.replace(/^api\.github\.com$/, "github.com"),
  // Its tokens have had several shapes.
  shapeFault: () => undefined,
};

export const providers = { openai, github } as const;

/** The provider that a grant's name stands for. */
export function providerOf(name: string): Provider | undefined {
  return Object.values(providers).find(({ kind }) => kind === name);
}

/** In words, that the environment has no secret of a provider. */
export function saysUnset({ variables }: Provider): string {
  return `${variables.join(" and ")} ${variables.length === 1 ? "is" : "are"} not set`;
}

function below(baseUrl: string, path: string): URL {
  return new URL(baseUrl.replace(/\/+$/, "") + path);
}
