import { configFiles, modelProviderId, parseToml } from "@codex-workspace/core";
import * as z from "zod";
import type { Bundle } from "./read-bundle.ts";

const schema = z.looseObject({
  model_providers: z.record(z.string(), z.looseObject({ base_url: z.string().optional() })),
});

/** Where Codex asks the model: what the configuration has, which no file of Codex's overrides. */
export function modelBaseUrl({ configToml }: Bundle): string {
  const { model_providers: providers } = schema.parse(parseToml(configToml, { layer: configFiles.configToml }));
  const url = providers[modelProviderId]?.base_url;
  if (url === undefined)
    throw new Error(`${configFiles.configToml} has no model_providers.${modelProviderId}.base_url`);
  return url;
}
