import { existsSync } from "node:fs";
import { mkdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

let workspace: TestWorkspace;
let project: string;
let codexHome: string;
/** A file in CODEX_HOME that no session may make. */
let trophy: string;

beforeEach(async () => {
  workspace = await TestWorkspace.create();
  ({ workdir: project, codexHome } = workspace.layout);
  trophy = join(codexHome, "trophy");
  await mkdir(join(project, "a", "part"), { recursive: true });
  await mkdir(join(project, "part"));
  await workspace.start();
  await workspace.ready();
});
afterEach(() => workspace[Symbol.asyncDispose]());

async function createSession(directory: string): Promise<void> {
  const { status, body } = await workspace.post("/v1/sessions", { name: "part", directory });
  expect(body).toMatchObject({ name: "part" });
  expect(status).toBe(201);
}

async function run(command: string, session = "part"): Promise<Record<string, unknown>> {
  const { id } = await workspace.enqueue(`#model: run ${command}`, {}, session);
  return workspace.ended(id, session);
}

test("a directory may be an absolute path inside the project", async () => {
  await createSession(join(project, "part"));
  await run("touch here");
  expect(existsSync(join(project, "part", "here"))).toBe(true);
  for (const directory of ["/part", "/", join(project, "..")]) {
    const { status, body } = await workspace.post("/v1/sessions", { name: "outside", directory });
    expect([status, body["code"]]).toEqual([422, "SESSION_REFUSED"]);
  }
});

test("a session in a subdirectory writes there and in the rest of the project", async () => {
  await createSession("part");
  await run(`touch here ${join(project, "there")}`);
  expect(existsSync(join(project, "part", "here"))).toBe(true);
  expect(existsSync(join(project, "there"))).toBe(true);
});

test("a directory that main swaps for a link opens nothing", async () => {
  await createSession("part");
  await run(`sh -c 'rmdir part && ln -s ${codexHome} part'`, "main");
  expect(await run(`touch ${trophy}`)).toMatchObject({
    state: "failed",
    error: expect.stringContaining("SESSION_DIRECTORY_CHANGED") as string,
  });
  expect(existsSync(trophy)).toBe(false);

  // The session works again once its directory is restored.
  await run("sh -c 'rm part && mkdir part'", "main");
  await run("touch again");
  expect(existsSync(join(project, "part", "again"))).toBe(true);
});

/** Ways to lead a session's directory into CODEX_HOME, for a session that works in `a/part`. */
const swaps: readonly (readonly [name: string, swap: () => Promise<void>])[] = [
  ["the directory", () => swap(join(project, "a", "part"), codexHome)],
  ["its parent", () => swap(join(project, "a"), join(project, "..", "theirs"))],
  ["a chain of links", () => chain(join(project, "a", "part"), 30)],
  ["a relative link", () => swap(join(project, "a", "part"), "../../codex")],
  ["a renamed directory", () => rename(join(project, "a"), join(project, "b"))],
];

async function swap(path: string, target: string): Promise<void> {
  await rename(path, `${path}.former`);
  await symlink(target, path);
}

async function chain(path: string, length: number): Promise<void> {
  for (let at = 0; at < length; at++) {
    await symlink(at === 0 ? codexHome : join(project, `link-${at - 1}`), join(project, `link-${at}`));
  }
  await swap(path, join(project, `link-${length - 1}`));
}

test.each(swaps)("%s swapped before a turn opens nothing", async (_, lead) => {
  await mkdir(join(workspace.directory, "theirs"));
  await symlink(codexHome, join(workspace.directory, "theirs", "part"));
  await createSession("a/part");
  await lead();
  expect(await run(`touch ${trophy}`)).toMatchObject({
    state: "failed",
    error: expect.stringContaining("SESSION_DIRECTORY_CHANGED") as string,
  });
  expect(existsSync(trophy)).toBe(false);
});

test.each(swaps)("%s swapped during a turn opens nothing, nor after a restart", async (_, lead) => {
  await mkdir(join(workspace.directory, "theirs"));
  await symlink(codexHome, join(workspace.directory, "theirs", "part"));
  await createSession("a/part");
  const words = ["run touch began", "wait 2s", `run sh -c "touch ${trophy}; touch ${join(project, "ran")}"`];
  const { id } = await workspace.enqueue(words.map((word) => `#model: ${word}`).join("\n"), {}, "part");
  await until(() => existsSync(join(project, "a", "part", "began")), "the turn to begin");
  await lead();
  await workspace.ended(id, "part");
  expect(existsSync(trophy)).toBe(false);

  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  await until(async () => (await workspace.get("/v1/sessions/part")).body["status"] === "error", "the session to fail");
  expect(await workspace.mayWrite("there")).toBe(true);
});

test("a session in a subdirectory goes on after a restart", async () => {
  await createSession("part");
  await run("touch here");
  await workspace.stop();
  await workspace.start();
  await workspace.ready();
  await run(`touch again ${join(project, "there")} ${trophy}`);
  expect(existsSync(join(project, "part", "again"))).toBe(true);
  expect(existsSync(join(project, "there"))).toBe(true);
  expect(existsSync(trophy)).toBe(false);
});

test("a fork of a session keeps the project as its writable root", async () => {
  await createSession("part");
  await run("touch here");
  expect((await workspace.post("/v1/sessions/part/fork", { name: "fork" })).status).toBe(201);
  await run(`touch again ${join(project, "there")} ${trophy}`, "fork");
  expect(existsSync(join(project, "part", "again"))).toBe(true);
  expect(existsSync(join(project, "there"))).toBe(true);
  expect(existsSync(trophy)).toBe(false);
});

test.each([
  ["at CODEX_HOME", () => codexHome],
  ["above it", () => workspace.directory],
  ["below it", () => join(codexHome, "below")],
  ["a link to it", () => join(workspace.directory, "link")],
])("a writable root %s is refused, another one works", async (_, root) => {
  await symlink(codexHome, join(workspace.directory, "link"));
  await mkdir(join(workspace.directory, "cache"));
  const create = async (name: string, path: string): Promise<number> => {
    const config = { sandbox_workspace_write: { writable_roots: [path] } };
    return (await workspace.post("/v1/sessions", { name, config })).status;
  };
  expect(await create("greedy", root())).toBe(422);
  expect(await create("modest", join(workspace.directory, "cache"))).toBe(201);
  await run(`touch ${join(workspace.directory, "cache", "file")} ${trophy}`, "modest");
  expect(existsSync(join(workspace.directory, "cache", "file"))).toBe(true);
  expect(existsSync(trophy)).toBe(false);
});

test("a writable root in the project is the project's, also as a link", async () => {
  const root = join(project, "inner");
  await symlink(codexHome, root);
  const config = { sandbox_workspace_write: { writable_roots: [root] } };
  expect((await workspace.post("/v1/sessions", { name: "inner", config })).status).toBe(201);
  await run(`touch ${trophy} ${join(project, "there")}`, "inner");
  expect(existsSync(join(project, "there"))).toBe(true);
  expect(existsSync(trophy)).toBe(false);
});
