import { type RunOnceOptions, runOnce } from "./run-once.ts";

/**
 * Returns why Codex refuses the configuration of its CODEX_HOME, with key and line where Codex names them; undefined where
 * it takes the configuration. app-server itself goes on with its defaults, and then reports what the defaults lack.
 */
export async function configRefusal(program: string, options: RunOnceOptions): Promise<string | undefined> {
  // Reads the configuration and nothing else, in every version from 0.140 to 0.169.
  const listed = await runOnce(program, ["mcp", "list"], options);
  // A program that fails in another way says nothing about the configuration.
  if (listed.exitCode === 0 || !/failed to load .*config|loading config/i.test(listed.stderr)) return undefined;
  const strict = await runOnce(program, ["app-server", "--strict-config"], options);
  return refusalOf(listed.stderr, strict.stderr);
}

/** Codex's words on a refused configuration; the place is from its strict check, which also finds unknown keys. */
export function refusalOf(said: string, strictly: string): string {
  const [words = ""] = said.split("Stack backtrace");
  const causes = /Caused by:(.*)$/s.exec(words)?.[1] ?? words.replace(/^Error: /, "");
  const lines = causes.split("\n").map((line) => line.replace(/^\s*\d+: /, "").trim());
  const reason = [...new Set(lines.filter((line) => line !== ""))].join(" ");
  const [, place, message] = /(\S*\.toml:\d+:\d+): ([^\n]*)/.exec(strictly) ?? [];
  const isSame = place !== undefined && message !== undefined && reason.includes(message) && !reason.includes(place);
  return `CONFIG_REFUSED: Codex refuses the configuration: ${isSame ? `${place}: ` : ""}${reason || "it gave no reason"}`;
}
