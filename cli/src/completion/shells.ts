import type { Offer } from "./offer.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** An offer in lines, as the scripts read them: a value, a tab, what it is; or `:files`, `:directories`. */
export function toLines(offer: Offer): string[] {
  if (offer.kind !== "values") return [`:${offer.kind}`];
  return offer.values.map(({ value, description }) => `${value}\t${description}`);
}

/** Bash takes `--engine=do` for three words, and replaces the last one alone. */
export function fromBashWords(words: readonly string[]): string[] {
  const isOfFlag = (index: number): boolean => words[index] === "=" && words[index - 1]?.startsWith("--") === true;
  const joined = words.filter((_, index) => !isOfFlag(index));
  return isOfFlag(words.length - 1) ? [...joined, ""] : joined;
}

/** What a shell evaluates to complete our command line: it asks the program for every word. */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# codex-workspace in bash: source <(codex-workspace completion bash)
_codex_workspace() {
  local value
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    case "$value" in
      :files) compopt -o default ;;
      :directories) compopt -o dirnames ;;
      *) COMPREPLY+=("$value") ;;
    esac
  done < <(codex-workspace completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _codex_workspace codex-workspace`,

  zsh: `#compdef codex-workspace
# codex-workspace in zsh: source <(codex-workspace completion zsh)
_codex_workspace() {
  local value description paths
  local -a values
  while IFS=$'\\t' read -r value description; do
    case "$value" in
      :*) paths="$value" ;;
      *) values+=("\${value//:/\\\\:}\${description:+:$description}") ;;
    esac
  done < <(codex-workspace completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  case "$paths" in
    :files) compset -P '--*='; _files ;;
    :directories) compset -P '--*='; _files -/ ;;
    *) _describe codex-workspace values ;;
  esac
}
if [ "$funcstack[1]" = _codex_workspace ]; then _codex_workspace; else compdef _codex_workspace codex-workspace; fi`,

  fish: `# codex-workspace in fish: codex-workspace completion fish | source
function __codex_workspace
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l flag (string match -r -- '^--[^=]+=' "$current")
    set -l path (string replace -r -- '^--[^=]+=' '' "$current")
    for line in (codex-workspace completion fish -- $before[2..] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$path" | string replace -r -- '^' "$flag"
            case :directories
                __fish_complete_directories "$path" | string replace -r -- '^' "$flag"
            case '*'
                echo $line
        end
    end
end
complete --command codex-workspace --no-files --arguments '(__codex_workspace)'`,
};
