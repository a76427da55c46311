import { expect, test } from "vitest";
import { narrowedSettings, type Permissions } from "./narrowed-settings.ts";
import { Secret } from "./secret.ts";

type Session = Permissions["config"]["session"];

const session: Session = {
  sandboxMode: "workspace-write",
  approvalPolicy: "on-request",
  workspaceWrite: { network_access: true, writable_roots: ["/a", "/b"] },
  config: {},
  continue: true,
};

function permissions({
  session: own,
  ...rest
}: Partial<Omit<Permissions, "config">> & {
  session?: Partial<Session>;
  profiles?: Record<string, Session>;
} = {}): Permissions {
  const { profiles = { fast: session }, ...files } = rest;
  return {
    config: { session: { ...session, ...own }, profiles },
    configToml: '[mcp_servers.github]\ncommand = "github"\n[mcp_servers.files]\ncommand = "files"\n',
    requirementsToml: undefined,
    modelKey: new Secret("key"),
    secretEnvironment: { TOKEN: new Secret("value") },
    ...files,
  };
}

const before = permissions();

test.each<[string, Permissions, string[]]>([
  ["a narrower sandbox", permissions({ session: { sandboxMode: "read-only" } }), ["sandboxMode"]],
  [
    "another permission profile",
    permissions({ session: { permissions: { profile: "own", definition: { filesystem: { "/keys": "deny" } } } } }),
    ["permissions"],
  ],
  ["a stricter policy", permissions({ session: { approvalPolicy: "untrusted" } }), ["approvalPolicy"]],
  ["a policy that is a table", permissions({ session: { approvalPolicy: { granular: {} } } }), ["approvalPolicy"]],
  ["no network", permissions({ session: { workspaceWrite: { writable_roots: ["/a", "/b"] } } }), ["networkAccess"]],
  [
    "a root less",
    permissions({ session: { workspaceWrite: { network_access: true, writable_roots: ["/b"] } } }),
    ["writableRoots"],
  ],
  ["a profile less", permissions({ profiles: {} }), ["profiles.fast"]],
  [
    "a narrower profile",
    permissions({ profiles: { fast: { ...session, sandboxMode: "read-only" } } }),
    ["profiles.fast.sandboxMode"],
  ],
  [
    "an MCP server less",
    permissions({ configToml: '[mcp_servers.files]\ncommand = "files"\n' }),
    ["mcp_servers.github"],
  ],
  [
    "another MCP server of that name",
    permissions({ configToml: before.configToml.replace('"github"', '"other"') }),
    ["mcp_servers.github"],
  ],
  ["no MCP server", permissions({ configToml: "" }), ["mcp_servers"]],
  ["requirements", permissions({ requirementsToml: "x = 1" }), ["enforce"]],
  ["another model key", permissions({ modelKey: new Secret("new") }), ["modelProvider.apiKey"]],
  ["a secret less", permissions({ secretEnvironment: {} }), ["env.TOKEN"]],
  ["a secret with another value", permissions({ secretEnvironment: { TOKEN: new Secret("new") } }), ["env.TOKEN"]],
])("%s takes something away", (_what, after, names) => {
  expect(narrowedSettings(before, after)).toEqual(names);
});

test.each<[string, Permissions]>([
  ["the same", permissions()],
  ["a wider sandbox", permissions({ session: { sandboxMode: "danger-full-access" } })],
  ["a looser policy", permissions({ session: { approvalPolicy: "never" } })],
  [
    "a root more",
    permissions({ session: { workspaceWrite: { network_access: true, writable_roots: ["/a", "/b", "/c"] } } }),
  ],
  ["another model", permissions({ session: { model: "other" } })],
  ["a profile more", permissions({ profiles: { fast: session, slow: session } })],
  ["an MCP server more", permissions({ configToml: `${before.configToml}[mcp_servers.more]\ncommand = "more"\n` })],
  ["another key elsewhere in config.toml", permissions({ configToml: `model = "x"\n${before.configToml}` })],
  ["a secret more", permissions({ secretEnvironment: { ...before.secretEnvironment, MORE: new Secret("x") } })],
])("%s takes nothing away", (_what, after) => {
  expect(narrowedSettings(before, after)).toEqual([]);
});

test("no network at first, and requirements that go, take nothing away", () => {
  const closed = permissions({ session: { workspaceWrite: {} }, requirementsToml: "x = 1" });
  expect(narrowedSettings(closed, before)).toEqual([]);
});
