import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/**
 * The import directions of docs/architecture.md, as a table: what each folder may import of ours.
 * Everything that is not listed is refused.
 */
const packages = {
  core: "@codex-workspace/core",
  jsonBounds: "@codex-workspace/core/json-bounds",
  api: "@codex-workspace/api",
  client: "@codex-workspace/client",
  scriptedModel: "@codex-workspace/scripted-model",
  image: "@codex-workspace/agent-wrapper/image",
  gateway: "@codex-workspace/gateway",
  provisioning: "@codex-workspace/provisioning",
};
const directions = [
  { folder: "core", may: [] },
  { folder: "api", may: [packages.jsonBounds] },
  { folder: "client", may: [packages.api] },
  { folder: "scripted-model", may: [] },
  { folder: "agent-wrapper", may: [packages.core, packages.api] },
  { folder: "gateway", may: [packages.core] },
  {
    folder: "cli",
    may: [
      packages.core,
      packages.client,
      packages.image,
      packages.gateway,
      packages.scriptedModel,
      packages.provisioning,
    ],
  },
  { folder: "provisioning", may: [packages.core, packages.image, packages.gateway, packages.scriptedModel] },
  { folder: "pulumi", may: [packages.core, packages.provisioning] },
  { folder: "cdktf", may: [packages.core, packages.provisioning] },
];
const outOfPackage = {
  regex:
    "^(\\.\\./)+(core|api|client|scripted-model|agent-wrapper|gateway(?=/(src|image)/)|provisioning|cli|pulumi|cdktf)/",
  message: "Import another package by its name.",
};

/** Matches every import of ours but `may` and what lies below it. */
function oursBut(may) {
  const allowed = may.map((name) => `(?!${name}(/|$))`).join("");
  return `^${allowed}(@codex-workspace/|codex-workspace(/|$))`;
}

function allow(files, may, extra = []) {
  return {
    files,
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: oursBut(may),
              message: "Against the import directions of docs/architecture.md.",
            },
            outOfPackage,
            ...extra,
          ],
        },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", ".cache/**"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["*/tsconfig.json", "agent-wrapper/src/tsconfig.json", "tsconfig.test.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        Buffer: "readonly",
        fetch: "readonly",
        URL: "readonly",
        setTimeout: "readonly",
      },
    },
  },
  {
    files: ["agent-wrapper/web/**/*.js"],
    languageOptions: {
      globals: {
        document: "readonly",
        history: "readonly",
        location: "readonly",
        sessionStorage: "readonly",
        TextDecoderStream: "readonly",
        URLSearchParams: "readonly",
        Response: "readonly",
        crypto: "readonly",
        matchMedia: "readonly",
      },
    },
  },
  ...directions.map(({ folder, may }) => allow([`${folder}/**/*.ts`], may)),
  allow(
    ["agent-wrapper/src/codex/**/*.ts"],
    [packages.core, packages.api],
    [{ regex: "^\\.\\./(session|http)/", message: "http → session → codex, never backwards." }],
  ),
  allow(
    ["agent-wrapper/src/session/**/*.ts"],
    [packages.core, packages.api],
    [{ regex: "^\\.\\./http/", message: "http → session → codex, never backwards." }],
  ),
  {
    // apply-files runs as a user that has no privilege; whatever the wrapper starts goes through `commandAs`.
    files: ["agent-wrapper/src/**/*.ts"],
    ignores: [
      "**/*.test.ts",
      "agent-wrapper/src/codex/{spawn-as,run-once,pty-as}.ts",
      "agent-wrapper/src/files/project-agents-md.ts",
    ],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          paths: ["node:child_process", "child_process", "node-pty", "node:cluster", "cluster"].map((name) => ({
            name,
            allowTypeImports: true,
            message: "Start programs with spawnAs, runOnce or ptyAs: the wrapper is root.",
          })),
        },
      ],
    },
  },
  {
    files: ["{core,api,agent-wrapper,scripted-model}/src/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "ImportDeclaration[source.value='zod'] > " +
            ":matches(ImportDefaultSpecifier, ImportSpecifier[imported.name=/^(z|default)$/])",
          message: 'Write `import * as z from "zod"`: the object `z` brings every language of zod into a bundle.',
        },
      ],
    },
  },
  {
    files: ["*/src/**/*.ts", "agent-wrapper/image/**/*.ts"],
    ignores: [
      "agent-wrapper/src/main.ts",
      "cli/src/main.ts",
      "scripted-model/src/main.ts",
      "{pulumi,cdktf}/src/resolve-secret.ts",
      "**/*.test.ts",
    ],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Only the composition roots (main.ts) read the environment." },
      ],
    },
  },
  {
    files: ["cli/src/**/*.ts"],
    // `attach` hands a terminal on.
    ignores: ["cli/src/output.ts", "cli/src/commands/attach.ts", "**/*.test.ts"],
    rules: {
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector:
            ":matches(CallExpression > MemberExpression, TaggedTemplateExpression > MemberExpression)" +
            "[property.name=/^(write|end|pipe|cork)$/]:matches([object.name=/^std(out|err)$/], [object.property.name=/^std(out|err)$/])",
          message: "Write through `Output`: it keeps escape sequences of others from the user's terminal.",
        },
      ],
    },
  },
  {
    files: ["**/*.test.ts", "test/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
