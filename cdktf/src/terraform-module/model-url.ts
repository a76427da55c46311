import type { Placeholder } from "./template.ts";

/** In place of `modelProvider.baseUrl`, of which the model gateway has the parts. */
export const inPlaceOfModelUrl = "https://in-place-of-model-host.invalid:48271/in-place-of-model-path";

/** What a module takes for one: what the gateway would understand. */
const form =
  "^(?P<scheme>https?)://(?P<host>[\\\\w.-]+|\\\\[[0-9a-f:]+\\\\])(?::(?P<port>\\\\d+))?(?P<path>/[\\\\w./~-]*)?$";

/** `scheme`, `host`, `port` and `path`; the last two are null where there are none. */
export const modelUrlLocal = `\${regex("${form}", var.model_base_url)}`;

export const isModelUrl = `can(regex("${form}", var.model_base_url))`;

const variables = ["model_base_url"];

/** Longer ones first. */
export const modelUrlPlaceholders: readonly Placeholder[] = [
  {
    text: "in-place-of-model-host.invalid:48271",
    expression: 'join(":", compact([local.model_url.host, local.model_url.port]))',
    variables,
  },
  { text: "in-place-of-model-host.invalid", expression: "local.model_url.host", variables },
  {
    text: "/in-place-of-model-path",
    expression: 'local.model_url.path == null ? "" : trimsuffix(local.model_url.path, "/")',
    variables,
  },
  {
    text: "$to_port 48271",
    expression:
      'format("$to_port %s", coalesce(local.model_url.port, local.model_url.scheme == "https" ? "443" : "80"))',
    variables,
  },
  { text: "https://$to_host", expression: 'format("%s://$to_host", local.model_url.scheme)', variables },
];
