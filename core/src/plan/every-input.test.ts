import { expect, test } from "vitest";
import { inputExamples } from "../../test-support/input-examples.ts";
import { inputPaths } from "../../test-support/input-paths.ts";
import { planOf } from "../../test-support/plan-of.ts";
import { toWorkspaceRequests } from "../docker/to-requests.ts";
import { containerLayout, localLayout } from "../render/layout.ts";
import { renderFiles } from "../render/render-files.ts";
import { Secret } from "../secret.ts";

/** All that leaves the core: files, requests, and what the image is built or pulled from. */
function outputs(spec: unknown): unknown {
  const inContainers = planOf(spec, { gateways: true });
  const needsTokens = inContainers.api.auth === "token";
  const plan = needsTokens ? inContainers : planOf(spec);
  const place = { directory: "/state", codexProgram: "/opt/codex" };
  const rendered = renderFiles(plan, needsTokens ? containerLayout(plan) : localLayout(plan, place));
  const requests =
    needsTokens && toWorkspaceRequests(plan, { image: "codex", gatewayImage: "gateway", rendered, seccomp: "{}" });
  const texts = rendered.files.map(({ content }) => (content instanceof Secret ? content.reveal() : content));
  return { texts, requests, image: [plan.image, plan.installCodex, plan.network?.image] };
}

test("there is an example of every input", () => {
  expect(Object.keys(inputExamples)).toEqual(inputPaths());
});

test.each(Object.entries(inputExamples))("%s does something", (_, [withIt, without]) => {
  expect(outputs(withIt)).not.toEqual(outputs(without));
});
