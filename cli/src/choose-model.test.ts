import { expect, test } from "vitest";
import { chooseModel } from "./choose-model.ts";

test("the spec's provider wins, then the key at hand, then the demo; each says why", () => {
  const modelProvider = { baseUrl: "https://models.example.com/v1" };

  expect(chooseModel({ modelProvider }, { OPENAI_API_KEY: "k" })).toEqual({
    kind: "provider",
    why: "modelProvider of the spec",
  });
  expect(chooseModel({ grants: ["openai"] }, {})).toEqual({ kind: "provider", why: "grant openai" });
  expect(chooseModel({ grants: ["wiki"] }, {})).toMatchObject({ kind: "demo" });
  expect(chooseModel({}, { OPENAI_API_KEY: "k" })).toEqual({ kind: "provider", why: "OPENAI_API_KEY is set" });
  expect(chooseModel({}, { OPENAI_API_KEY: "" })).toMatchObject({ kind: "demo" });
  expect(chooseModel({}, {}).why).toContain("OPENAI_API_KEY is not set");
});
