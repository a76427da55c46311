import { Command, InvalidArgumentError, Option } from "commander";
import type { CliContext } from "../context.ts";

const dayMs = 24 * 60 * 60 * 1000;

interface PruneOptions {
  readonly olderThan: number;
  readonly dryRun?: true;
  readonly json?: true;
}

export function pruneCommand(context: CliContext): Command {
  return new Command("prune")
    .summary("remove old images and the stages of their builds")
    .description(
      "Removes images that an earlier `up` built and that no container uses, and the stages of their builds. A workspace that is down has no container: its next `up` builds its image again.",
    )
    .addOption(
      new Option("--older-than <days>", "only what was made more than so many days ago")
        .argParser(parseDays)
        .default(7),
    )
    .option("--dry-run", "print what would be removed, and remove nothing")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace prune --dry-run
  codex-workspace prune --older-than 30`,
    )
    .action(async ({ olderThan, dryRun, json }: PruneOptions) => {
      // Loaded now: --help does not wait for Docker's client.
      const [{ connectDocker }, { pruneImages }] = await Promise.all([
        import("../engines/docker/connection.ts"),
        import("../engines/docker/prune-images.ts"),
      ]);
      const before = new Date(Date.now() - olderThan * dayMs);
      const images = await pruneImages(await connectDocker(context), { before, dryRun: dryRun === true });
      if (json) context.output.result(JSON.stringify({ images }));
      else
        context.output.result(
          images.length === 0 ? "no old image" : images.map((image) => show(image, dryRun)).join("\n"),
        );
    });
}

function show(image: string, dryRun: true | undefined): string {
  return `${dryRun ? "would remove" : "removed"} image ${image}`;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d+(\.\d+)?$/.test(text)) return days;
  throw new InvalidArgumentError("Expected a number of days.");
}
