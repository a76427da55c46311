import { expect, test } from "vitest";
import { planOf } from "../../test-support/plan-of.ts";
import { CODEX_PIN, codexReleases, isAtLeast } from "../codex-release.ts";
import { WorkspaceError } from "../errors.ts";

/** What is wrong with a spec for a tested version, as a person reads it. */
function problemsOf(spec: object): string[] {
  try {
    planOf(spec);
    return [];
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    expect(error.code).toBe("SPEC_INVALID");
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}

const tested = Object.keys(codexReleases);
const newer = tested.filter((version) => isAtLeast(version, [0, 155]));
const older = tested.filter((version) => !newer.includes(version));

test("both sides of the rules are tested", () => {
  expect(newer).toContain("0.155.0");
  expect(older).toContain("0.140.0");
});

test.each([
  [
    "an approval policy of old",
    { approvalPolicy: "untrusted" },
    newer,
    /^approvalPolicy: "untrusted" is refused by .* write "on-request"/,
  ],
  ["the other one", { approvalPolicy: "on-failure" }, newer, /^approvalPolicy: "on-failure"/],
  [
    "the same in extraSettings",
    { extraSettings: 'approval_policy = "untrusted"' },
    newer,
    /^extraSettings\.approval_policy: "untrusted"/,
  ],
  ["a profile", { baseConfigToml: 'profile = "work"' }, tested, /^baseConfigToml\.profile: is refused by Codex/],
  [
    "the Chat API",
    { extraSettings: { model_providers: { mine: { wire_api: "chat" } } } },
    tested,
    /^extraSettings\.model_providers\.mine\.wire_api: "chat" is refused by .* write "responses"/,
  ],
  [
    "a token in clear, which is not shown",
    { extraSettings: { mcp_servers: { docs: { url: "https://docs.example.com", bearer_token: "sk" } } } },
    tested,
    /^extraSettings\.mcp_servers\.docs\.bearer_token: is refused by .*`bearerTokenEnvVar`$/,
  ],
  [
    "a mode of approval that came later",
    { mcpServers: { my_docs: { command: "docs", defaultToolsApprovalMode: "writes" } } },
    older,
    /^mcpServers\.my_docs\.defaultToolsApprovalMode: "writes"/,
  ],
  [
    "the same for one tool",
    { mcpServers: { docs: { command: "docs", tools: { read_all: { approvalMode: "writes" } } } } },
    older,
    /^mcpServers\.docs\.tools\.read_all\.approvalMode: "writes"/,
  ],
  ["a switch that came later", { extraSettings: "agents.enabled = false" }, older, /^extraSettings\.agents\.enabled/],
  [
    "a limit by its later name",
    { extraSettings: "agents.max_concurrent_threads_per_session = 2" },
    older,
    /`agents\.maxThreads`$/,
  ],
])("%s is refused for the versions that do not start with it, and for no other", (_, spec, refusing, words) => {
  for (const codexVersion of tested) {
    const expected = refusing.includes(codexVersion) ? [expect.stringMatching(words)] : [];
    expect(problemsOf({ ...spec, codexVersion })).toEqual(expected);
  }
});

test("all of them come at once", () => {
  const spec = { approvalPolicy: "untrusted", extraSettings: { profile: "work" } };
  expect(problemsOf(spec)).toHaveLength(2);
});

test("of a version that is not tested it is a warning", () => {
  const { warnings } = planOf({ codexVersion: "0.168.0", approvalPolicy: "untrusted" });
  expect(warnings).toEqual([
    `Codex 0.168.0 is not the pin of this release (${CODEX_PIN}), and this release is tested with ${tested.join(", ")} alone.`,
    expect.stringMatching(/^approvalPolicy: "untrusted" is refused by Codex 0\.168\.0: write "on-request"/),
  ]);
  expect(planOf({ codexVersion: "0.130.0", approvalPolicy: "untrusted" }).warnings).toHaveLength(1);
});
