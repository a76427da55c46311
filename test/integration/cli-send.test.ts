import { createClient } from "@codex-workspace/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliRun, ended, TestCli } from "../support/cli.ts";
import { TestWorkspace, token, until } from "../support/workspace.ts";

let workspace: TestWorkspace;
let cli: TestCli;
beforeAll(async () => {
  cli = await TestCli.create("local");
  workspace = await TestWorkspace.start();
});
afterAll(async () => {
  await workspace[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const env = { CODEX_WORKSPACE_TOKEN: token };
const args = (command: string, ...more: readonly string[]): string[] => [command, "--url", workspace.url, ...more];
const send = (...more: readonly string[]): Promise<CliRun> => cli.run(args("send", ...more), { env });
const text = (part: string): unknown => expect.stringContaining(part);

/** Starts a turn that ends only when it is interrupted. */
async function hanging(...more: readonly string[]): Promise<{ end: Promise<CliRun>; kill: () => void }> {
  const child = cli.start(args("send", "#model: hang", ...more), { env });
  const client = createClient({ baseUrl: workspace.url, token });
  await until(async () => (await client.workspaceStatus()).status === "working", "the turn to run");
  return { end: ended(child), kill: () => child.kill("SIGINT") };
}

test("the exit code tells how the turn ended, with the reason on standard error", async () => {
  expect(await send("#model: say good")).toEqual({ code: 0, stdout: "good\n", stderr: "" });

  const failed = await send("#model: fail 400 bad_thing");
  expect(failed).toMatchObject({ code: 1, stdout: "", stderr: text("error: the turn failed: ") });
  const json = await send("#model: fail 400 bad_thing", "--json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "TURN_FAILED" } });

  const { end } = await hanging();
  const interrupted = await cli.run(args("interrupt"), { env });
  expect(interrupted).toMatchObject({ code: 0, stdout: text("is interrupted\n") });
  expect(await end).toMatchObject({ code: 130, stdout: "", stderr: text("the prompt was interrupted") });
  const idle = await cli.run(args("interrupt"), { env });
  expect(idle).toMatchObject({ code: 1, stdout: "", stderr: text("error: no turn runs in") });
});

test("Ctrl-C ends the waiting, and says what goes on", async () => {
  const { end, kill } = await hanging();
  kill();
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(stderr).toContain("the prompt goes on in");
  expect(stderr).toContain(`codex-workspace interrupt --url ${workspace.url}`);
  expect(await cli.json(args("status"), { env })).toMatchObject({ status: "working" });
  expect(await cli.json(args("interrupt"), { env })).toMatchObject({ status: "interrupted" });
});

test("a prompt that meets a turn is refused, queued, steers or interrupts", async () => {
  const first = await hanging();
  const busy = await send("#model: say no");
  expect(busy).toMatchObject({ code: 1, stdout: "", stderr: text("is busy: a turn is running") });
  for (const option of ["--queue", "--steer", "--interrupt"]) expect(busy.stderr).toContain(option);
  expect(busy.stderr).not.toMatch(/GET|stable/);

  const queued = cli.start(args("send", "--queue", "#model: say queued"), { env });
  const client = createClient({ baseUrl: workspace.url, token });
  await until(async () => (await client.session().queue()).queued === 1, "the prompt to wait");
  const instead = await send("--interrupt", "#model: say instead");
  expect(instead).toMatchObject({ code: 0, stdout: "instead\n" });
  expect(await first.end).toMatchObject({ code: 130 });
  expect(await ended(queued)).toMatchObject({ code: 0, stdout: "queued\n" });

  const waiting = ended(cli.start(args("send", "#model: run sleep 3\n#model: say first"), { env }));
  await until(async () => (await client.workspaceStatus()).status === "working", "the turn to run");
  const steering = await send("--steer", "--no-wait", "--json", "#model: say steered");
  expect(JSON.parse(steering.stdout)).toMatchObject({ ok: true, id: text("") });
  expect(await waiting).toMatchObject({ code: 0 });
  const { messages } = await cli.json(args("messages"), { env });
  expect((messages as { content: string }[]).map(({ content }) => content)).toContain("#model: say steered");

  expect(await send("--queue", "--steer", "x")).toMatchObject({ code: 2 });
});

test("a terminal shows what runs while it runs; --verbose prints it", async () => {
  const shown = cli.inTerminal(args("send", "#model: run sleep 4\n#model: say done"), { env });
  expect(await shown.exitCode).toBe(0);
  const lines = shown.screen().split("\r\x1b[2K");
  expect(lines).toContainEqual(expect.stringMatching(/^[23] s · \$ .*sleep 4/));
  expect(lines.at(-1)).toBe("done\r\n");

  const { stdout, stderr } = await send("--verbose", "#model: run exit 3\n#model: say done");
  expect(stdout).toBe("done\n");
  expect(stderr).toMatch(/\$ .*exit 3.*\n {2}exit code 3\n/);
});
