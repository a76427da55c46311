import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import type { ListedGrant } from "../../grants/store.ts";
import { grantOptions } from "./grant-options.ts";

export function listCommand(context: CliContext): Command {
  return new Command("list")
    .summary("list what is granted")
    .description(
      "Lists the grants of all profiles, those too that cannot be read any more, and says where their key is.",
    )
    .addOption(grantOptions.json())
    .addHelpText(
      "after",
      `
Examples:
  codex-workspace grant list
  codex-workspace grant list --json | jq -r '.grants[] | select(.problem).name'`,
    )
    .action(async (options: { readonly json?: true }) => {
      const { openGrants } = await import("../../grants/open-grants.ts");
      const store = openGrants(context);
      const [rows, place] = [(await store.list()).map(toRow), await store.keyPlace()];
      if (options.json) {
        const key = place === undefined ? undefined : { place, file: store.keyFile };
        context.output.result(JSON.stringify({ grants: rows, key }));
        return;
      }
      const header = { name: "NAME", profile: "PROFILE", kind: "KIND", host: "HOST", grantedAt: "GRANTED" };
      const lines = [header, ...rows].map((row) => showRow(row, [header, ...rows]));
      context.output.result([...lines, ...whereKeyIs(place, store.keyFile)].join("\n"));
    });
}

interface Row {
  readonly name: string;
  readonly profile: string;
  readonly kind?: string;
  readonly host?: string;
  readonly grantedAt?: string;
  readonly problem?: string;
}

function toRow({ name, profile, ...listed }: ListedGrant): Row {
  if ("fault" in listed) return { name, profile, problem: `${listed.fault.message}. ${listed.fault.remedy}` };
  const { kind, host, grantedAt } = listed.grant;
  return { name, profile, kind, host, grantedAt };
}

function showRow({ name, profile, kind = "", host = "", grantedAt = "", problem }: Row, rows: readonly Row[]): string {
  const width = (key: "name" | "profile" | "host"): number =>
    Math.max(...rows.map((row) => (row[key] ?? "").length)) + 2;
  const place = name.padEnd(width("name")) + profile.padEnd(width("profile"));
  return place + (problem ?? kind.padEnd(8) + host.padEnd(width("host")) + grantedAt);
}

function whereKeyIs(place: "keychain" | "file" | undefined, file: string): string[] {
  if (place === undefined) return [];
  return [
    place === "keychain"
      ? "encrypted with a key in the keychain of this system"
      : `encrypted with a key in a file: whoever reads ${file} reads them`,
  ];
}
