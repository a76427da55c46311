import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mergeConfigToml } from "./three-way.ts";

// config.toml files as Codex and people write them, and what becomes of them line by line.

interface Story {
  readonly name: string;
  readonly file: string;
  readonly base: string | undefined;
  readonly next: string;
  /** `-` and `+` and the line, in the order of the text. */
  readonly changes: readonly string[];
}

const stories: readonly Story[] = [
  {
    name: "settings meet a file in which Codex had noted trust and a migration",
    file: "first-start",
    base: 'model = "gpt-5.2-codex"\ncheck_for_update_on_startup = false\n',
    next: 'model = "gpt-6"\ncheck_for_update_on_startup = false\n[projects."/work"]\ntrust_level = "trusted"\n[notice]\nhide_full_access_warning = true\n',
    changes: ['-model = "gpt-5.2-codex"', '+model = "gpt-6"', "+", '+[projects."/work"]', '+trust_level = "trusted"'],
  },
  {
    name: "an argument and a variable change, a server comes, a server goes",
    file: "mcp-servers",
    base: '[mcp_servers.github]\ncommand = "npx"\nenv = { GITHUB_TOKEN = "ghp_example", GITHUB_HOST = "github.example" }\n[mcp_servers."data base"]\ncommand = "/opt/tools/db server"\n',
    next: '[mcp_servers.github]\ncommand = "/usr/bin/npx"\nstartup_timeout_sec = 20\nenv = { GITHUB_HOST = "github.example", GITHUB_ORG = "us" }\n[mcp_servers.time]\ncommand = "time"\nargs = ["--utc"]\n',
    changes: [
      '-command = "npx"  # pinned in the image',
      '+command = "/usr/bin/npx"  # pinned in the image',
      `-env = { GITHUB_TOKEN = "ghp_example", "GITHUB_HOST" = 'github.example' } # from the vault`,
      `+env = { "GITHUB_HOST" = 'github.example', GITHUB_ORG = "us" } # from the vault`,
      '-[mcp_servers."data base"]',
      "-command = '/opt/tools/db server'",
      "+[mcp_servers.time]",
      '+command = "time"',
      '+args = [ "--utc" ]',
    ],
  },
  {
    name: "dotted keys and inline tables stay what they are",
    file: "dotted",
    base: "features.plugins = false\nsandbox_workspace_write.writable_roots = ['/data']\n",
    next: 'model_provider = "gateway"\nfeatures.plugins = false\nfeatures.unbounded_connection_retries = false\nsandbox_workspace_write.writable_roots = ["/data", "/tmp"]\nshell_environment_policy.set.TZ = "UTC"\n',
    changes: [
      "-sandbox_workspace_write . writable_roots = [ '/data' ]   # scratch",
      `+sandbox_workspace_write . writable_roots = [ "/data", "/tmp" ]   # scratch`,
      "+features.unbounded_connection_retries = false",
      '-shell_environment_policy = { inherit = "core", set = { CI = "1" } }',
      '+shell_environment_policy = { inherit = "core", set = { CI = "1", TZ = "UTC" } }',
      '+model_provider = "gateway"',
    ],
  },
  {
    name: "a file of comments keeps them on top",
    file: "comments-only",
    base: undefined,
    next: 'model = "gpt-6"\n\n[features]\nplugins = false\n',
    changes: ['+model = "gpt-6"', "+", "+[features]", "+plugins = false"],
  },
  {
    name: "blocks are one value; those of others stay",
    file: "hooks-and-skills",
    base: 'notify = ["notify-send", "Codex"]\n[[skills.config]]\npath = "/home/coder/skills/review"\nenabled = true\n[[skills.config]]\npath = "/home/coder/skills/release"\nenabled = false\n',
    next: '[[skills.config]]\npath = "/home/coder/skills/review"\nenabled = false\n[history]\npersistence = "none"\n',
    changes: [
      '-notify = ["notify-send", "Codex"]',
      "-",
      "-enabled = true",
      "+enabled = false",
      "-[[skills.config]]",
      '-path = "/home/coder/skills/release"',
      "-enabled = false",
      '-persistence = "save-all"',
      '+persistence = "none"',
    ],
  },
  {
    name: "the gateway's address changes, another provider and odd trust entries stay",
    file: "gateway",
    base: 'model_provider = "gateway"\n[model_providers.gateway]\nbase_url = "http://127.0.0.1:8080/v1"\nsupports_websockets = false\n[projects."/work"]\ntrust_level = "trusted"\n',
    next: 'model_provider = "gateway"\n[model_providers.gateway]\nbase_url = "http://127.0.0.1:9090/v1"\nenv_key = "KEY"\n[projects."/work"]\ntrust_level = "trusted"\n[sandbox_workspace_write]\nnetwork_access = true\nwritable_roots = ["/data"]\n',
    changes: [
      '-base_url = "http://127.0.0.1:8080/v1"',
      '+base_url = "http://127.0.0.1:9090/v1"',
      "-supports_websockets = false",
      '+env_key = "KEY"',
      '+writable_roots = [ "/data" ]',
    ],
  },
  {
    name: "a table of ours goes, blank lines and comments of others stay",
    file: "profiles",
    base: '[profiles.fast]\nmodel = "gpt-5.2-mini"\n[profiles.deep]\nmodel = "gpt-5.2"\n',
    next: "",
    changes: ["-[profiles.fast]", '-model = "gpt-5.2-mini"', "-", '-model = "gpt-5.2"'],
  },
  {
    name: "an unfinished last line stays unfinished",
    file: "no-final-newline",
    base: "features.plugins = false",
    next: "features.plugins = false\nfeatures.daemon_auto_start = false",
    changes: ["+daemon_auto_start = false"],
  },
];

describe("a config.toml from life", () => {
  test.each(stories)("$file: $name", ({ file, base, next, changes }) => {
    const current = readFileSync(new URL(`corpus/${file}.toml`, import.meta.url), "utf8");
    const { text } = mergeConfigToml({ base, next, current });
    expect(changedLines(current, text)).toEqual(changes);
    expect(mergeConfigToml({ base: next, next, current: text })).toMatchObject({ text, changed: false });
    const windows = (unix: string) => unix.replaceAll("\n", "\r\n");
    expect(mergeConfigToml({ base, next, current: windows(current) }).text).toBe(windows(text));
  });
});

/** The lines that one text has and the other has not, by their longest common subsequence. */
function changedLines(before: string, after: string): string[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const common = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      common[i]![j] = old[i] === now[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const changes: string[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    if (i < old.length && j < now.length && old[i] === now[j]) [i, j] = [i + 1, j + 1];
    else if (j >= now.length || (i < old.length && common[i + 1]![j]! >= common[i]![j + 1]!))
      changes.push(`-${old[i++]!}`);
    else changes.push(`+${now[j++]!}`);
  }
  return changes;
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/).map((line) => line.replace("\n", ""));
}
