import { expect, it } from "vitest";
import * as scriptedModel from "./index.ts";

it("exports these names", () => {
  expect(Object.keys(scriptedModel).sort()).toEqual([
    "createScriptedModel",
    "demoScript",
    "directiveHelp",
    "echoScript",
    "execCommand",
    "followDirectives",
    "inOrder",
    "startScriptedModel",
  ]);
});
