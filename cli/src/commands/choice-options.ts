import { InvalidArgumentError, Option } from "commander";

/** Which workspace a command means; the same words for every command. */
export const choiceOptions = {
  name: (): Option =>
    new Option("--name <name>", "which workspace (default: the one of this directory, or the only one)"),
  url: (): Option =>
    new Option("--url <url>", "the workspace at this URL, whoever started it; its token: $CODEX_WORKSPACE_TOKEN")
      .conflicts("name")
      .argParser(parseUrl),
  tokenFile: (): Option => new Option("--token-file <file>", "with --url: the file that holds the token"),
};

/** A path may come before those of the API, where a proxy has put it below one. */
function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new InvalidArgumentError("Expected an address that begins with http:// or https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidArgumentError("Keep the token out of it: use CODEX_WORKSPACE_TOKEN or --token-file.");
  }
  if (url.search !== "" || url.hash !== "") throw new InvalidArgumentError("Expected nothing after its path.");
  return url.href.replace(/\/+$/, "");
}
