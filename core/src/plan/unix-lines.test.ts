import { expect, test } from "vitest";
import { Secret } from "../secret.ts";
import { planWorkspace } from "./plan-workspace.ts";

test("every script has LF line ends, whatever wrote it", () => {
  const script = "#!/bin/sh\r\nset -e\r\nprintf 'a\\r'\n\recho b\r\n";
  const unix = "#!/bin/sh\nset -e\nprintf 'a\\r'\n\recho b\n";
  const { startScripts, image } = planWorkspace(
    { preInstallScript: script, postInstallScript: script, image: { build: { setupScript: script } }, model: "m" },
    { name: "app", resolveSecret: () => new Secret("x"), generatedToken: new Secret("t"), grants: [] },
  );
  expect([startScripts.preInstall, startScripts.postInstall]).toEqual([unix, unix]);
  expect(image).toMatchObject({ setupScript: unix });
});
