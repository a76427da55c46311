import { grantNameFault } from "@codex-workspace/core";
import { InvalidArgumentError, Option } from "commander";
import { defaultProfile } from "../../grants/grant.ts";

/** What every command that grants has. */
export interface GrantOptions {
  readonly profile: string;
  readonly stdin?: true;
  readonly json?: true;
}

export const grantOptions = {
  profile: (): Option =>
    new Option("--profile <profile>", "which set of grants").argParser(parseGrantName).default(defaultProfile),
  stdin: (): Option => new Option("--stdin", "read the key from standard input"),
  json: (): Option => new Option("--json", "print one JSON object"),
  baseUrl: (baseUrl: string): Option =>
    new Option("--base-url <url>", "where the key is tried, and for which host it is")
      .argParser(parseBaseUrl)
      .default(baseUrl),
  host: (): Option =>
    new Option("--host <host>", "the one host that gets it, with :PORT where that is not 443")
      .argParser(parseHost)
      .makeOptionMandatory(),
};

/** Of a grant or a profile: it becomes a file's name. */
export function parseGrantName(text: string): string {
  const fault = grantNameFault(text);
  if (fault === undefined) return text;
  throw new InvalidArgumentError(`${fault.replace("expected", "Expected")}.`);
}

function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url === undefined || !isSafe) {
    throw new InvalidArgumentError("Expected an https URL; over http, only this machine may be sent a key.");
  }
  if (!/[@?#]/.test(text)) return text;
  throw new InvalidArgumentError("Expected a URL without credentials, query and fragment.");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}

/** As a URL names it, so that nobody reads it in another way. */
function parseHost(text: string): string {
  const name = text.toLowerCase().replace(/:443$/, "").replace(/\.$/, "");
  const isPlain = !name.includes("*") && URL.canParse(`https://${name}`);
  if (isPlain && new URL(`https://${name}`).host === name) return name;
  throw new InvalidArgumentError(
    "Expected one host such as api.example.com or api.example.com:8443, without scheme and path.",
  );
}
