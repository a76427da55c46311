import { readHostPattern } from "@codex-workspace/core";
import { defaultProfile } from "../grants/grant.ts";
import { InvalidArgumentError, Option } from "commander";
import { parseGrantName } from "./grant/grant-options.ts";

/** What `up` and the commands that plan like it have in common, in the same words. */
export const workspaceOptions = {
  spec: (): Option =>
    new Option(
      "--spec <file>",
      "the spec: .yaml, .toml or .json (default: codex-workspace.{yaml,yml,toml,json} in DIR)",
    ),
  trustSpec: (): Option =>
    new Option("--trust-spec", "say yes to what the spec in the project asks for, as `codex-workspace trust` does"),
  engine: (): Option =>
    new Option(
      "--engine <engine>",
      "containers, or processes of this machine; auto: docker where this machine has a Docker socket",
    ).choices(["auto", "docker", "local"]),
  name: (): Option => new Option("--name <name>", "the workspace's name (default: from DIR)").argParser(parseName),
  port: (): Option =>
    new Option(
      "--port <port>",
      "where the API listens on 127.0.0.1; 0: any free port (default: api.port of the spec, or the first free port from 3284 on)",
    ).argParser(parsePort),
  fullAuto: (): Option =>
    new Option(
      "--full-auto [yes]",
      "sandbox workspace-write and approvals on request, as codex --full-auto, over the spec; =false: as without it",
    )
      .choices(["true", "false"])
      .argParser(parseYes)
      .preset("true"),
  noYolo: (): Option =>
    new Option("--noyolo", "refuse what would run without Codex's sandbox, or without its questions"),
  grant: (): Option =>
    new Option("--grant <grant>", "use this grant, beside those of the spec; may be given again").argParser(
      parseGrants,
    ),
  profile: (): Option =>
    new Option("--profile <profile>", `which set of grants (default: ${defaultProfile})`).argParser(parseGrantName),
  allowHost: (): Option =>
    new Option(
      "--allow-host <pattern>",
      "let this host be reached too, as network.allow of the spec does; may be given again",
    ).argParser(parseHostPatterns),
  acceptNoIsolation: (): Option =>
    new Option(
      "--accept-no-isolation",
      "with the local engine: start it, although it keeps neither a restricted `network` nor `grants`",
    ),
  create: (): Option => new Option("--create", "create DIR where it is missing, without asking"),
  verbose: (): Option =>
    new Option("--verbose", "print commands, tools, changed files and reasoning to standard error while the turn runs"),
  timeout: (): Option =>
    new Option("--timeout <seconds>", "how long it may take to be ready").argParser(parseSeconds).default(120),
};

/** As a plan demands it; asked here already, since the name becomes a path first. */
function parseName(text: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected up to 63 letters, digits, `_`, `.` and `-`, a letter or digit first.");
}

function parseGrants(text: string, others: readonly string[] = []): string[] {
  return [...others, parseGrantName(text)];
}

function parseHostPatterns(text: string, others: readonly string[] = []): string[] {
  const pattern = readHostPattern(text);
  if (!("fault" in pattern)) return [...others, text];
  throw new InvalidArgumentError(`${pattern.fault.replace(/^./, (letter) => letter.toUpperCase())}.`);
}

function parseYes(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError("Expected true or false; write DIR before it.");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError("Expected a port: 0 to 65535.");
  return port;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError("Expected a number of seconds above 0.");
  return seconds;
}
