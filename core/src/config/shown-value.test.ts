import { expect, test } from "vitest";
import { showValue } from "./shown-value.ts";

test.each([
  ["an environment", ["mcp_servers", "x", "env", "ANYTHING"], "s3cr3t", "(a string)"],
  ["a header", ["mcp_servers", "x", "http_headers"], { "X-Team": "s3cr3t" }, "(a table)"],
  ["an argument", ["mcp_servers", "x", "args"], ["--key", "s3cr3t"], "(an array)"],
  ["a name that speaks of it", ["model_providers", "x", "experimental_bearer_token"], "s3cr3t", "(a string)"],
  ["a table with such a name in it", ["mcp_servers", "x"], { url: "u", api_key: "s3cr3t" }, "(a table)"],
  ["an address with a password", ["model_providers", "x", "base_url"], "https://me:s3cr3t@host/", "(a string)"],
])("%s is reported by its kind", (_, path, value, shown) => {
  expect(showValue(path, value)).toBe(shown);
});

test.each([
  ["model", "gpt", '"gpt"'],
  ["model_max_output_tokens", 4096, "4096"],
  ["bearer_token_env_var", "GITHUB_TOKEN", '"GITHUB_TOKEN"'],
  ["env_key", "OPENAI_API_KEY", '"OPENAI_API_KEY"'],
  ["requires_openai_auth", false, "false"],
  ["writable_roots", ["/a", "/b"], '[ "/a", "/b" ]'],
])("%s is shown", (key, value, shown) => {
  expect(showValue([key], value)).toBe(shown);
});
