import { isModelUrl } from "./model-url.ts";

/** An input of the module. */
export interface ModuleVariable {
  readonly name: string;
  readonly type: "string" | "number";
  readonly description: string;
  /** undefined: whoever uses the module has to say it. */
  readonly default: string | number | null | undefined;
  /** Whether null is a value of its own, and not the default. */
  readonly nullable: boolean;
  readonly validation: Validation;
}

interface Validation {
  /** Terraform's expression of whether a value is right. */
  readonly condition: string;
  /** What is expected, as a sentence. */
  readonly expected: string;
}

/** What a spec says of the inputs that are variables. */
export interface VariableDefaults {
  readonly apiPort: number;
  readonly modelBaseUrl: string;
  readonly model: string | undefined;
  readonly systemPrompt: string | undefined;
  readonly initialPrompt: string | undefined;
  readonly projectDirectory: string | undefined;
  readonly image: string | undefined;
  readonly waitTimeoutSeconds: number;
}

/** In the order in which they are told. */
export function moduleVariables(defaults: VariableDefaults): ModuleVariable[] {
  return [
    {
      name: "workspace_name",
      type: "string",
      description: "Names containers, network and volumes, so no other workspace of the Docker host has it.",
      default: undefined,
      nullable: false,
      validation: {
        condition: 'can(regex("^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$", var.workspace_name))',
        expected: "Expected up to 63 letters, digits, _, . and -, beginning with a letter or digit.",
      },
    },
    {
      name: "api_token_file",
      type: "string",
      description: "Path of a file with the API's token, for example of `openssl rand -hex 32`.",
      default: undefined,
      nullable: false,
      validation: {
        condition: 'can(regex("^[!-~]+$", trimspace(file(var.api_token_file))))',
        expected: "Expected a file that holds printable ASCII characters without blanks.",
      },
    },
    {
      name: "model_key_file",
      type: "string",
      description: "Path of a file with the key of the model provider. Without it no key is sent.",
      default: null,
      nullable: true,
      validation: {
        condition: `var.model_key_file == null || can(regex("^[A-Za-z0-9._~+/-]+=*$", trimspace(file(var.model_key_file))))`,
        expected: "Expected a file that holds letters, digits and . _ ~ + / - =, without blanks and quotes.",
      },
    },
    {
      name: "api_port",
      type: "number",
      description: "Port of the API on the Docker host's 127.0.0.1; 0: any free one.",
      default: defaults.apiPort,
      nullable: false,
      validation: {
        condition: "try(floor(var.api_port) == var.api_port && var.api_port >= 0 && var.api_port <= 65535, false)",
        expected: "Expected a port, or 0.",
      },
    },
    {
      name: "model_base_url",
      type: "string",
      description: "Base URL of the model provider: a Responses API.",
      default: defaults.modelBaseUrl,
      nullable: false,
      validation: { condition: isModelUrl, expected: "Expected an http or https URL without credentials and query." },
    },
    {
      name: "model",
      type: "string",
      description: "The model. Without it Codex chooses.",
      default: defaults.model ?? null,
      nullable: true,
      validation: {
        condition: 'var.model == null || can(regex("^[!-~]+$", var.model))',
        expected: "Expected the name of a model, without blanks.",
      },
    },
    {
      name: "system_prompt",
      type: "string",
      description: "Instructions of every session: the text of the user's AGENTS.md.",
      default: defaults.systemPrompt ?? null,
      nullable: true,
      validation: {
        condition: '!can(regex("<!--\\\\s*codex-workspace:(begin|end)\\\\b", var.system_prompt))',
        expected: "Expected a text without the markers between which AGENTS.md has it.",
      },
    },
    {
      name: "initial_prompt",
      type: "string",
      description: "Sent once, when the session begins; another one is sent too.",
      default: defaults.initialPrompt ?? null,
      nullable: true,
      validation: {
        condition: 'var.initial_prompt == null || can(regex("\\\\S", var.initial_prompt))',
        expected: "Expected a text, or null.",
      },
    },
    {
      name: "project_directory",
      type: "string",
      description: "A directory of the Docker host, by its absolute path. Without it the project is a volume.",
      default: defaults.projectDirectory ?? null,
      nullable: true,
      validation: {
        condition: 'var.project_directory == null || can(regex("^/", var.project_directory))',
        expected: "Expected an absolute path.",
      },
    },
    {
      name: "image",
      type: "string",
      description: "An image of the workspace by its digest. Without it one is built.",
      default: defaults.image ?? null,
      nullable: true,
      validation: {
        condition: 'var.image == null || can(regex("^[^\\\\s@]+@sha256:[0-9a-f]{64}$", var.image))',
        expected:
          "Expected an image by digest, name@sha256:<64 hex digits>: a tag can change under a running platform.",
      },
    },
    {
      name: "wait_timeout",
      type: "number",
      description: "How long the workspace may take until it answers, in seconds.",
      default: defaults.waitTimeoutSeconds,
      nullable: false,
      validation: {
        condition: "try(floor(var.wait_timeout) == var.wait_timeout && var.wait_timeout > 0, false)",
        expected: "Expected a whole number of seconds above 0.",
      },
    },
  ];
}

/** As Terraform's JSON has it. */
export function toVariableBlock({ type, description, default: value, nullable, validation }: ModuleVariable): object {
  return {
    description,
    type,
    ...(value !== undefined && { default: value }),
    nullable,
    validation: { condition: `\${${validation.condition}}`, error_message: validation.expected },
  };
}
