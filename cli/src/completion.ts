import type { Command } from "commander";

/** A script for bash that completes every command and option of the tree. */
export function bashCompletion(program: Command): string {
  const commands = commandsOf(program);
  const paths = commands.filter(({ path }) => path !== "").map(({ path }) => JSON.stringify(path));
  const cases = commands.map(
    ({ path, words }) => `    ${JSON.stringify(path)}) known=${JSON.stringify(words.join(" "))} ;;`,
  );
  return `# bash completion of ${program.name()}: source <(${program.name()} completion)
_codex_workspace() {
  local path="" word known=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${paths.join(" | ")}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$known" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _codex_workspace ${program.name()}`;
}

interface CompletedCommand {
  /** Its words, the program's own left out. */
  readonly path: string;
  /** What may follow. */
  readonly words: readonly string[];
}

function commandsOf(command: Command, path = ""): CompletedCommand[] {
  const below = command.commands.flatMap((child) =>
    commandsOf(child, path === "" ? child.name() : `${path} ${child.name()}`),
  );
  const options = command.options.flatMap(({ long }) => (long === undefined ? [] : [long]));
  return [{ path, words: [...command.commands.map((child) => child.name()), ...options, "--help"] }, ...below];
}
