import { expect, test } from "vitest";
import { fullSpec, planOf, secretValues } from "../../test-support/plan-of.ts";
import { containerLayout } from "../render/layout.ts";
import { renderFiles } from "../render/render-files.ts";
import { Secret } from "../secret.ts";
import { isReread } from "./reread-files.ts";
import type { ContainerRequest, WorkspaceRequests } from "./requests.ts";
import { containerDemoModelUrl, toWorkspaceRequests } from "./to-requests.ts";

function requestsOf(spec: unknown, options: Parameters<typeof planOf>[1] = {}): WorkspaceRequests {
  const plan = planOf(spec, { gateways: true, ...options });
  return toWorkspaceRequests(plan, {
    image: "sha256:1234",
    gatewayImage: "sha256:5678",
    rendered: renderFiles(plan, containerLayout(plan)),
    seccomp: "{}",
    demoModelProgram: "// the scripted model",
  });
}

const withDemoModel = { demoModelUrl: containerDemoModelUrl };

function containerOf({ containers }: WorkspaceRequests, role: ContainerRequest["role"]): ContainerRequest {
  const found = containers.find((container) => container.role === role);
  if (found === undefined) throw new Error(`no container has the role ${role}`);
  return found;
}

/** As JSON, with the files' contents named only: they have golden files of their own. */
function shown(requests: WorkspaceRequests): string {
  const json = JSON.stringify(
    requests,
    (key, value: unknown) => (key === "content" && value !== "[secret]" ? "[text]" : value),
    2,
  );
  return `${json}\n`;
}

test.each([
  ["minimal", {}, {}],
  ["full", fullSpec, {}],
  ["demo-model", {}, withDemoModel],
])("the requests of a %s workspace", async (name, spec, options) => {
  await expect(shown(requestsOf(spec, options))).toMatchFileSnapshot(`__golden__/${name}.json`);
});

test("same inputs, same requests; and no secret can be read from them as JSON", () => {
  const requests = requestsOf(fullSpec);
  expect(requests).toEqual(requestsOf(fullSpec));
  for (const value of Object.values(secretValues)) expect(JSON.stringify(requests)).not.toContain(value);
});

test("no container has a secret, or anything but what tools need, in its environment or on its command line", () => {
  for (const { env, command, role } of requestsOf(fullSpec, withDemoModel).containers) {
    const { tools } = planOf(fullSpec, { gateways: true }).environment;
    expect(env).toEqual(role === "workspace" ? tools : {});
    const commands: Record<string, unknown> = {
      "demo-model": expect.arrayContaining(["--mode", "demo"]) as unknown,
      "model-gateway": ["model-gateway"],
      "egress-proxy": ["egress-proxy"],
    };
    expect(command).toEqual(commands[role] ?? []);
  }
});

test("the workspace has five capabilities, a read-only root and no way to more", () => {
  expect(containerOf(requestsOf({}), "workspace").hardening).toEqual({
    readOnlyRoot: true,
    init: true,
    capDrop: ["ALL"],
    capAdd: ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID"],
    noNewPrivileges: true,
    seccomp: "{}",
    pidsLimit: 4096,
    tmpfs: expect.objectContaining({ "/tmp": expect.stringContaining("nosuid") as unknown }) as unknown,
  });
});

test("every other container has none, and the engine's own seccomp profile", () => {
  const others = requestsOf({}, withDemoModel).containers.filter(({ role }) => role !== "workspace");
  expect(others.map(({ role, user, hardening }) => [role, user, hardening.readOnlyRoot])).toEqual([
    ["config", undefined, false],
    ["demo-model", "1000:1000", false],
    ["model-gateway", "9002:9002", true],
    ["egress-proxy", "9003:9003", true],
  ]);
  for (const { hardening } of others) {
    expect(hardening).toMatchObject({ capDrop: ["ALL"], capAdd: [], noNewPrivileges: true, seccomp: undefined });
  }
});

test("the model gateway alone publishes ports, on the loopback address: the wrapper's and those of the spec", () => {
  const { containers } = requestsOf({ api: { port: 4000 }, network: { ports: [3000] } }, withDemoModel);
  expect(containers.flatMap(({ role, ports }) => ports.map((port) => ({ role, ...port })))).toEqual([
    { role: "model-gateway", hostIp: "127.0.0.1", hostPort: 3000, containerPort: 3000 },
    { role: "model-gateway", hostIp: "127.0.0.1", hostPort: 4000, containerPort: 3284 },
  ]);
});

test("a restricted workspace has no network, an open one that of its gateway, and no proxy", () => {
  const own = { name: "codex-workspace-demo", aliases: [] };
  const restricted = requestsOf({});
  expect(containerOf(restricted, "workspace").network).toBe("none");
  expect(containerOf(restricted, "egress-proxy").network).toEqual(own);
  const open = requestsOf({ network: { mode: "open" } });
  expect(containerOf(open, "workspace").network).toEqual(own);
  expect(open.containers.map(({ role }) => role)).toEqual(["config", "model-gateway", "workspace"]);
});

test("the model key is in the model gateway's volume and in no other", () => {
  const { files, mounts } = containerOf(requestsOf({}), "config");
  const withKey = files.filter(
    ({ content }) => content instanceof Secret && content.reveal().includes(secretValues.env),
  );
  const below = "/etc/gateway/model-gateway";
  expect(withKey.map(({ path }) => path)).toEqual([`${below}/model-key`]);
  expect(withKey.every(isReread)).toBe(true);
  const source = mounts.find(({ target }) => target === below)?.source;
  const readers = requestsOf({}).containers.filter((container) =>
    container.mounts.some((mount) => mount.source === source),
  );
  expect(readers.map(({ role }) => role)).toEqual(["config", "model-gateway"]);
});

test("a plan without gateways is none of containers", () => {
  expect(() => requestsOf({}, { gateways: false })).toThrow("a plan of containers has gateways");
});

test("the carrier is filled and never started, and what it carries is read-only in the workspace", () => {
  const requests = requestsOf(fullSpec);
  const carrier = containerOf(requests, "config");
  const workspace = containerOf(requests, "workspace");
  const volume = "codex-workspace-demo-config";
  expect(carrier).toMatchObject({ start: false, network: "none", ports: [], restart: "no" });
  expect(carrier.mounts.map(({ kind, target, readOnly }) => [kind, target, readOnly])).toEqual(
    ["/etc/codex-workspace", "/etc/gateway/model-gateway", "/etc/gateway/egress-proxy"].map((path) => [
      "volume",
      path,
      false,
    ]),
  );
  expect(carrier.files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["/etc/codex-workspace/secrets/environment.json", "/etc/gateway/egress-proxy/squid.conf"]),
  );
  expect(workspace).toMatchObject({ start: true, files: [] });
  expect(workspace.mounts).toContainEqual({
    kind: "volume",
    source: volume,
    target: "/etc/codex-workspace",
    readOnly: true,
  });
});

test("what a former carrier may have left, and is secret or in force by itself, is emptied where it is no more", () => {
  const path = (file: string): string => `/etc/codex-workspace/${file}`;
  const left = ["requirements.toml", "gitconfig", "secrets/model-key", "secrets/environment.json"].map(path);
  const emptied = (spec: unknown): string[] =>
    containerOf(requestsOf(spec), "config").files.flatMap((file) =>
      file.content === "" && !/\.pem$|tunnels$/.test(file.path) ? [file.path] : [],
    );
  const withoutKey = { modelProvider: { baseUrl: "http://models.example.com/v1" } };
  expect(emptied(withoutKey)).toEqual(left);
  // The gateway's credentials are two files, which are always there.
  const credentials = containerOf(requestsOf(withoutKey), "config").files.filter(({ path: file }) =>
    /^\/etc\/gateway\/.*\/(credentials\.conf|model-key)$/.test(file),
  );
  expect(credentials.map(({ content }) => (content as Secret).reveal())).toEqual(["", ""]);
  // The key is the gateway's, so Codex has none.
  expect(emptied(fullSpec)).toEqual([path("gitconfig"), path("secrets/model-key")]);
  const ours = containerOf(requestsOf(fullSpec), "config").files.filter((file) => file.path.startsWith(path("")));
  expect(ours.at(-1)?.path).toBe(path("manifest.json"));
});

test("a container that files are copied into has a root that takes them", () => {
  for (const { files, hardening } of requestsOf(fullSpec, withDemoModel).containers) {
    expect(hardening.readOnlyRoot).toBe(files.length === 0);
  }
});

test("containers, volumes and networks carry the user's labels, and ours over them", () => {
  const { containers, volumes, networks } = requestsOf(fullSpec, withDemoModel);
  for (const { labels } of [...containers, ...volumes, ...networks]) {
    expect(labels).toMatchObject({ team: "platform", "dev.codex-workspace.workspace": "demo" });
    expect(labels).toHaveProperty(["dev.codex-workspace.role"]);
  }
  expect(containers.map(({ name }) => name)).toEqual([
    "codex-workspace-demo-config",
    "codex-workspace-demo-demo-model",
    "codex-workspace-demo-model-gateway",
    "codex-workspace-demo-egress-proxy",
    "codex-workspace-demo",
  ]);
});

test("the project is a volume of the workspace's own, one that is named, or a directory of the host", () => {
  const projectOf = (spec: unknown) =>
    containerOf(requestsOf(spec), "workspace").mounts.filter(({ target }) => target === "/workspace");
  const mount = { target: "/workspace", readOnly: false };
  expect(projectOf({})).toEqual([{ ...mount, kind: "volume", source: "codex-workspace-demo-project" }]);
  expect(projectOf({ project: { volume: "src" } })).toEqual([{ ...mount, kind: "volume", source: "src" }]);
  expect(projectOf({ project: { bind: "/srv" } })).toEqual([{ ...mount, kind: "bind", source: "/srv" }]);
  expect(requestsOf({ project: { bind: "/srv" } }).volumes.map(({ role }) => role)).toEqual([
    "home",
    "config",
    "model-gateway-config",
    "egress-proxy-config",
    "sockets",
  ]);
});

test("a state that does not persist is on no volume, but in memory", () => {
  const { volumes, ...requests } = requestsOf({ statePersistence: false });
  const { mounts, hardening } = containerOf({ volumes, ...requests }, "workspace");
  expect(volumes.map(({ role }) => role)).toEqual([
    "config",
    "model-gateway-config",
    "egress-proxy-config",
    "sockets",
    "project",
  ]);
  expect(mounts.map(({ target }) => target)).toEqual(["/etc/codex-workspace", "/run/codex-workspace", "/workspace"]);
  expect(Object.keys(hardening.tmpfs)).toEqual(["/tmp", "/run", "/home"]);
});

test.each([
  "/home",
  "/home/codex",
  "/home/wrapper/x",
  "/etc",
  "/etc/codex",
  "/etc/codex-workspace/x",
  "/opt",
  "/usr",
  "/proc/1",
  "/tmp",
])("a project at %s would hide what the workspace needs, and is refused", (workdir) => {
  expect(() => requestsOf({ workdir })).toThrow(
    expect.objectContaining({ code: "SPEC_INVALID", problems: [expect.objectContaining({ path: "workdir" })] }),
  );
});

test.each(["/srv", "/home/codex/project", "/opt/app", "/etc-like", "/tmp/app"])(
  "a project at %s is mounted",
  (workdir) => {
    expect(containerOf(requestsOf({ workdir }), "workspace").mounts.at(-1)).toMatchObject({ target: workdir });
  },
);

test("another configuration is another carrier, and the same workspace container", () => {
  const [one, other] = [requestsOf({ model: "gpt-5.5" }), requestsOf({ model: "gpt-5.4" })];
  expect(containerOf(one, "workspace")).toEqual(containerOf(other, "workspace"));
  expect(containerOf(one, "config")).not.toEqual(containerOf(other, "config"));
});
