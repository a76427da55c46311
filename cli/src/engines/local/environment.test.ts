import { expect, test } from "vitest";
import { inheritedEnvironment } from "./environment.ts";

test("what a program needs is inherited, keys and everything unknown are not", () => {
  const env = {
    PATH: "/bin",
    LC_ALL: "C.UTF-8",
    https_proxy: "http://proxy:3128",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    OPENAI_API_KEY: "sk-1",
    CODEX_HOME: "/home/u/.codex",
    AWS_SECRET_ACCESS_KEY: "x",
    EMPTY: undefined,
  };

  expect(inheritedEnvironment(env)).toEqual({
    PATH: "/bin",
    LC_ALL: "C.UTF-8",
    https_proxy: "http://proxy:3128",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
  });
});
