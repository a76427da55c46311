import { expect, test } from "vitest";
import * as core from "./index.ts";

test("the package's public names", () => {
  expect(Object.keys(core).sort()).toMatchInlineSnapshot(`
    [
      "CODEX_PIN",
      "Secret",
      "WorkspaceError",
      "codexIntegrity",
      "codexReleases",
      "configFiles",
      "containerDemoModelUrl",
      "containerLayout",
      "containerPaths",
      "containerUsers",
      "defaultApiPort",
      "defaultModelProvider",
      "demoModelPort",
      "environmentNames",
      "environmentPrefix",
      "explainConfig",
      "explainRepository",
      "labelNames",
      "labelPrefix",
      "localLayout",
      "mergeConfigToml",
      "mergeLayers",
      "modelProviderId",
      "nearest",
      "parseSpec",
      "parseToml",
      "planWorkspace",
      "profileFile",
      "renderFiles",
      "renderKeyPath",
      "renderToml",
      "sessionConfig",
      "showValue",
      "toTomlTable",
      "toWorkspaceRequests",
      "volatileDirectory",
      "wrapperConfigSchema",
      "writeManagedBlock",
    ]
  `);
});
