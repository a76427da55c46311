import { expect, test } from "vitest";
import { fullSpec, planOf, secretValues } from "../../test-support/plan-of.ts";
import { containerLayout } from "../render/layout.ts";
import { renderFiles } from "../render/render-files.ts";
import type { ContainerRequest, WorkspaceRequests } from "./requests.ts";
import { containerDemoModelUrl, toWorkspaceRequests } from "./to-requests.ts";

function requestsOf(spec: unknown, options: Parameters<typeof planOf>[1] = {}): WorkspaceRequests {
  const plan = planOf(spec, options);
  return toWorkspaceRequests(plan, {
    image: "sha256:1234",
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

test("no container has a secret, or anything else, in its environment or on its command line", () => {
  for (const { env, command, role } of requestsOf(fullSpec, withDemoModel).containers) {
    expect(env).toEqual({});
    expect(command).toEqual(role === "demo-model" ? expect.arrayContaining(["--mode", "demo"]) : []);
  }
});

test("the workspace has five capabilities, a read-only root and no way to more", () => {
  expect(containerOf(requestsOf({}), "workspace").hardening).toEqual({
    readOnlyRoot: true,
    init: true,
    capDrop: ["ALL"],
    capAdd: ["CHOWN", "KILL", "SETGID", "SETPCAP", "SETUID"],
    noNewPrivileges: true,
    seccomp: "{}",
    pidsLimit: 4096,
    tmpfs: expect.objectContaining({ "/tmp": expect.stringContaining("nosuid") as unknown }) as unknown,
  });
});

test("every other container has none, and the engine's own seccomp profile", () => {
  const others = requestsOf({}, withDemoModel).containers.filter(({ role }) => role !== "workspace");
  expect(others.map(({ role }) => role)).toEqual(["config", "demo-model"]);
  for (const { hardening } of others) {
    expect(hardening).toMatchObject({ capDrop: ["ALL"], capAdd: [], noNewPrivileges: true, seccomp: undefined });
  }
  expect(containerOf(requestsOf({}, withDemoModel), "demo-model").user).toBe("1000:1000");
});

test("ports are published on the loopback address, and only the wrapper's", () => {
  const ports = requestsOf({ api: { port: 4000 } }, withDemoModel).containers.flatMap((container) => container.ports);
  expect(ports).toEqual([{ hostIp: "127.0.0.1", hostPort: 4000, containerPort: 3284 }]);
});

test("the carrier is filled and never started, and what it carries is read-only in the workspace", () => {
  const requests = requestsOf(fullSpec);
  const carrier = containerOf(requests, "config");
  const workspace = containerOf(requests, "workspace");
  const volume = "codex-workspace-demo-config";
  expect(carrier).toMatchObject({ start: false, network: "none", ports: [], restart: "no" });
  expect(carrier.mounts).toEqual([{ kind: "volume", source: volume, target: "/etc/codex-workspace", readOnly: false }]);
  expect(carrier.files.map(({ path }) => path)).toContain("/etc/codex-workspace/secrets/model-key");
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
  const left = ["requirements.toml", "secrets/model-key", "secrets/environment.json"].map(path);
  const emptied = (spec: unknown): string[] =>
    containerOf(requestsOf(spec), "config").files.flatMap((file) => (file.content === "" ? [file.path] : []));
  expect(emptied({ modelProvider: { baseUrl: "http://models.example.com/v1" } })).toEqual(left);
  expect(emptied(fullSpec)).toEqual([]);
  expect(containerOf(requestsOf(fullSpec), "config").files.at(-1)?.path).toBe(path("manifest.json"));
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
  expect(requestsOf({ project: { bind: "/srv" } }).volumes.map(({ role }) => role)).toEqual(["home", "config"]);
});

test("a state that does not persist is on no volume, but in memory", () => {
  const { volumes, ...requests } = requestsOf({ statePersistence: false });
  const { mounts, hardening } = containerOf({ volumes, ...requests }, "workspace");
  expect(volumes.map(({ role }) => role)).toEqual(["config", "project"]);
  expect(mounts.map(({ target }) => target)).toEqual(["/etc/codex-workspace", "/workspace"]);
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
