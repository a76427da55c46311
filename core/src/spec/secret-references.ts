import { Secret, type SecretReference } from "../secret.ts";
import type { SecretInput, WorkspaceSpec } from "./workspace-spec.ts";

/** A reference to a secret, and the input that has it. */
export interface PlacedReference {
  /** As a user writes it: `api.token`. */
  readonly path: string;
  readonly reference: SecretReference;
}

/** Returns every reference to a secret that a spec has. */
export function secretReferences(spec: WorkspaceSpec): PlacedReference[] {
  const { modelProvider, api, env = {}, network, image, webhooks = [] } = spec;
  const inputs: readonly (readonly [path: string, input: string | SecretInput | undefined])[] = [
    ["image.build.httpProxy", image?.build?.httpProxy],
    ["image.build.httpsProxy", image?.build?.httpsProxy],
    ...Object.entries(env).map(([name, value]) => [`env.${name}`, value] as const),
    ["modelProvider.apiKey", modelProvider?.apiKey],
    ["api.token", api?.token],
    ...(api?.tokens ?? []).map(({ token }, index) => [`api.tokens.${index}.token`, token] as const),
    ["network.upstreamProxy", network?.upstreamProxy],
    ...webhooks.map(({ secret }, index) => [`webhooks.${index}.secret`, secret] as const),
  ];
  return inputs.flatMap(([path, input]) =>
    input === undefined || typeof input === "string" || input instanceof Secret ? [] : [{ path, reference: input }],
  );
}
