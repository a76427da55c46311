import { planWorkspace, renderToml, Secret } from "@codex-workspace/core";
import { expect, test } from "vitest";
import { toProblem } from "./check-config.ts";

const { config } = planWorkspace(
  { extraSettings: { nonsense: 1, mcp_servers: { x: { command: "true", env: { TOKEN: "hidden" } } } } },
  { name: "app", resolveSecret: () => new Secret("key"), generatedToken: new Secret("token") },
);
const text = renderToml(config.table);
const lineOf = (start: string): number => text.split("\n").findIndex((line) => line.startsWith(start)) + 1;

test("what Codex says of a line names the key and the layer that said it", () => {
  const said = `WARNING: proceeding\nError: config.toml:${lineOf("nonsense")}:1: unknown field\n\nStack backtrace:\n   0: x\n`;
  expect(toProblem(said, text, config)).toEqual({ path: "extraSettings: nonsense = 1", message: "unknown field" });
});

test("a key of a nested table is named in full, and its value not shown where it may be secret", () => {
  const said = `Error: config.toml:${lineOf("TOKEN")}:9: wrong\n`;
  expect(toProblem(said, text, config).path).toBe("extraSettings: mcp_servers.x.env.TOKEN = (a string)");
});

test("a table's header stands for the first of its keys", () => {
  const said = `Error: config.toml:${lineOf("[mcp_servers.x]")}:2: wrong\n`;
  expect(toProblem(said, text, config).path).toBe('extraSettings: mcp_servers.x.command = "true"');
});

test("what names no line is passed on without warnings and stack", () => {
  const said = "WARNING: proceeding\nError: something else\n\nStack backtrace:\n   0: x\n";
  expect(toProblem(said, text, config)).toEqual({ path: "config.toml", message: "something else" });
});
