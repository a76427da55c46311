import { expect, test } from "vitest";
import { refusalOf } from "./config-refusal.ts";

const strictly = "Error: loading config.toml: /home/codex/config.toml:7:14: invalid transport\n";

test("has the key and the line of what is refused", () => {
  const newer =
    "Error: failed to load bootstrap configuration\n\nCaused by:\n    invalid transport\n    in `mcp_servers.bad`\n    \n\nStack backtrace:\n   0: <unknown>\n";
  expect(refusalOf(newer, strictly)).toBe(
    "CONFIG_REFUSED: Codex refuses the configuration: /home/codex/config.toml:7:14: invalid transport in `mcp_servers.bad`",
  );
  const older =
    "Error: failed to load configuration\n\nCaused by:\n    0: /h/config.toml:2:14: invalid transport\n    1: invalid transport\n       in `mcp_servers.bad`\n       \n\nStack backtrace:\n";
  expect(refusalOf(older, "")).toBe(
    "CONFIG_REFUSED: Codex refuses the configuration: /h/config.toml:2:14: invalid transport invalid transport in `mcp_servers.bad`",
  );
});

test("takes no place of another fault, and says so where there is no reason", () => {
  expect(refusalOf("Error: broken", "c/config.toml:3:1: unknown configuration field `x`")).toBe(
    "CONFIG_REFUSED: Codex refuses the configuration: broken",
  );
  expect(refusalOf("", "")).toMatch(/it gave no reason/);
});
