import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { CodexWorkspaceArgs } from "./args.ts";
import { CodexWorkspace } from "./codex-workspace.ts";

/** By its type and name, what each resource was registered with, and the id of one that is imported. */
const registered = new Map<string, Readonly<Record<string, unknown>>>();

beforeAll(() =>
  pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ type, name, inputs, id }) => {
      registered.set(`${type.split(":").at(-1) ?? ""} ${name}`, { ...(inputs as object), imported: id });
      return { id: `id-of-${name}`, state: inputs as Record<string, unknown> };
    },
  }),
);
beforeEach(() => registered.clear());

const args: CodexWorkspaceArgs = { workspaceName: "demo", demoModel: true, api: { token: pulumi.secret("token") } };

/** A workspace, once all of it is registered. */
async function create(name: string, others: Partial<CodexWorkspaceArgs> = {}): Promise<CodexWorkspace> {
  const workspace = new CodexWorkspace(name, { ...args, ...others });
  await new Promise((resolve) => workspace.ready.apply(resolve));
  return workspace;
}

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value: T) => resolve(value));
  });
}

// What a user's state has. Another name or type is another resource, which replaces a container or loses a volume.
test("the names of resources are contract", async () => {
  const { volumes, ...workspace } = await create("agent");
  const type = "urn:pulumi:stack::project::codex-workspace:index:CodexWorkspace";
  expect(await valueOf(workspace.urn)).toBe(`${type}::agent`);
  const fields = Object.entries({ ...workspace, ...volumes }) as [string, unknown][];
  const urns = await Promise.all(
    fields.flatMap(([field, value]) =>
      pulumi.CustomResource.isInstance(value)
        ? [valueOf(value.urn).then((urn) => `${field}: ${urn.replace(`${type}$docker:index/`, "")}`)]
        : [],
    ),
  );
  expect(urns.sort()).toMatchInlineSnapshot(`
    [
      "carrier: container:Container::agent-config",
      "config: volume:Volume::agent-config",
      "demoModel: container:Container::agent-demo-model",
      "egress-proxy-config: volume:Volume::agent-egress-proxy-config",
      "egressProxy: container:Container::agent-egress-proxy",
      "gatewayImage: remoteImage:RemoteImage::agent-gateway-image",
      "home: volume:Volume::agent-home",
      "image: remoteImage:RemoteImage::agent-image",
      "model-gateway-config: volume:Volume::agent-model-gateway-config",
      "modelGateway: container:Container::agent-model-gateway",
      "network: network:Network::agent-network",
      "project: volume:Volume::agent-project",
      "sockets: volume:Volume::agent-sockets",
      "workspaceContainer: container:Container::agent-workspace",
    ]
  `);
  expect(urns).toHaveLength(registered.size - 1);
});

test("a transform replaces properties of a resource, or says what to register", async () => {
  await create("agent", {
    transform: {
      workspaceContainer: { hostname: "agent" },
      volumes: { home: { driver: "local" } },
      image: (args, opts, name) => ({ args: { ...args, platform: name }, opts: { ...opts, import: "sha256:1" } }),
      carrier: () => undefined,
    },
  });
  expect(registered.get("Container agent-workspace")).toMatchObject({ hostname: "agent", wait: true });
  expect(registered.get("Volume agent-home")).toMatchObject({ driver: "local" });
  expect(registered.get("RemoteImage agent-image")).toMatchObject({
    platform: "agent-image",
    imported: "sha256:1",
  });
  expect(registered.get("Container agent-config")).toMatchObject({ start: false });
});

test.each<[transform: unknown, others: Partial<CodexWorkspaceArgs>, problem: string]>([
  [{ carier: {} }, {}, "transform.carier: is nothing that this workspace has: image, gatewayImage, "],
  [
    { demoModel: {} },
    { demoModel: false, modelProvider: { baseUrl: "https://models.test" } },
    "transform.demoModel: is nothing that this workspace has: ",
  ],
  [
    { volumes: { home: {} } },
    { statePersistence: false },
    "transform.volumes.home: is nothing that this workspace has: ",
  ],
  [{ volumes: [] }, {}, "transform.volumes: expected an object"],
  [{ carrier: "x" }, {}, "transform.carrier: expected properties, or a function of args, opts and name"],
  [null, {}, "transform: expected an object"],
])("the transform %j of a workspace with %j is refused, and nothing is registered", (transform, others, problem) => {
  const wrong = { ...args, ...others, transform } as CodexWorkspaceArgs;
  const [propertyPath, reason] = problem.split(": ");
  expect(() => new CodexWorkspace("agent", wrong)).toThrow(
    expect.objectContaining({
      errors: [{ propertyPath, reason: expect.stringContaining(reason ?? "") as string }],
    }) as Error,
  );
  expect(registered.size).toBe(0);
});

test("an error of the args says all that is wrong, whatever Pulumi writes before it", () => {
  const wrong = { ...args, model: 5, modle: "x" } as unknown as CodexWorkspaceArgs;
  const create = (): CodexWorkspace => new CodexWorkspace("agent", wrong);
  const text = `the Codex workspace "agent" cannot be made of these args:
  model: expected a string, got 5
  modle: unknown; did you mean \`model\`?`;
  expect(create).toThrow(expect.objectContaining({ message: text, stack: text }) as Error);
  try {
    create();
  } catch (error) {
    (error as Error).message = `error serializing property "labels": ${(error as Error).message}`;
    expect((error as Error).message).toBe(text);
  }
});
