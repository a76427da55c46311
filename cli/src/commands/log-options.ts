import { InvalidArgumentError, Option } from "commander";
import { parseSince } from "../trace/parse-since.ts";

/** What the commands that show a log have in common, as `docker logs` has it. */
export const logOptions = {
  follow: (): Option =>
    new Option("-f, --follow", "go on with what is logged from now on, until Ctrl-C or down").default(false),
  tail: (what: string): Option => new Option("-n, --tail <count>", `the last so many ${what}`).argParser(parseCount),
  since: (): Option =>
    new Option("--since <time>", "from then on: 10m or 1h30m ago, or a time such as 2026-01-02T13:23:37Z").argParser(
      (text) => parseSince(text, Date.now()) ?? refuse("Expected how long ago (90s, 1h30m) or a time."),
    ),
};

function parseCount(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : refuse("Expected a number: 0 or more.");
}

function refuse(message: string): never {
  throw new InvalidArgumentError(message);
}
