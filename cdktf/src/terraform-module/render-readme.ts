import type { ModuleVariable } from "./variables.ts";

/** What a team finds beside the module. */
export function renderReadme(variables: readonly ModuleVariable[], outputs: Readonly<Record<string, Output>>): string {
  return `# A Codex workspace, as a module of Terraform

A container in which a Codex session runs and answers over HTTP, with its gateways, on the Docker host of the provider
\`kreuzwerker/docker\`.

\`\`\`hcl
module "workspace" {
  source         = "./codex-workspace"
  workspace_name = "agent"
  api_token_file = "token"
}
\`\`\`

| Variable | Type | Default | Is |
| --- | --- | --- | --- |
${variables.map(row).join("\n")}

| Output | Is |
| --- | --- |
${Object.entries(outputs)
  .map(([name, { description }]) => `| \`${name}\` | ${description} |`)
  .join("\n")}

Files that a variable names are read where Terraform runs. Its state has their hashes, and neither the token nor the key. The
volumes of the conversation and of the project outlive \`terraform destroy\`.
`;
}

interface Output {
  readonly description: string;
}

function row({ name, type, default: value, description }: ModuleVariable): string {
  const shown = value === undefined ? "required" : `\`${JSON.stringify(value).replaceAll("|", "\\|")}\``;
  return `| \`${name}\` | ${type} | ${shown} | ${description} |`;
}
