import { writeFile } from "node:fs/promises";
import { createClient } from "@codex-workspace/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ended, TestCli } from "../support/cli.ts";
import { TestWorkspace, token, until } from "../support/workspace.ts";

/** Not of the command line, which has nothing recorded. */
let workspace: TestWorkspace;
let cli: TestCli;
beforeAll(async () => {
  cli = await TestCli.create("local");
  workspace = await TestWorkspace.start({
    api: {
      tokens: [
        { name: "board", token: { env: "BOARD" }, scopes: ["read"] },
        { name: "tasks", token: { env: "TASKS" }, scopes: ["prompt"] },
      ],
    },
  });
});
afterAll(async () => {
  await workspace[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const withToken = { env: { CODEX_WORKSPACE_TOKEN: token } };
/** As `secretOf` resolves them. */
const ofTheBoard = { env: { CODEX_WORKSPACE_TOKEN: "value-of-BOARD" } };
const ofTasks = { env: { CODEX_WORKSPACE_TOKEN: "value-of-TASKS" } };

test("send, messages and status take a workspace that something else started, and record nothing", async () => {
  const { url } = workspace;
  await writeFile(cli.path("token"), `${token}\n`);

  expect(await cli.run(["send", "--url", `${url}/`, "#model: say far away"], withToken)).toMatchObject({
    code: 0,
    stdout: "far away\n",
  });
  const { messages } = await cli.json(["messages", "--url", url, "--token-file", "token"]);
  expect((messages as { content: string }[]).at(-1)?.content).toBe("far away");
  const status = await cli.json(["status", "--url", url], withToken);
  expect(status).toMatchObject({ name: "test", status: "idle", url });
  expect(Object.keys(status)).not.toContain("engine");
  expect((await cli.run(["status", "--url", url], withToken)).stdout).toMatch(/^test\nstatus +idle\nurl +http:/);
  expect(await cli.names()).toEqual([]);
});

test("a person attaches to it, types, and leaves", async () => {
  const { type, write, screen, exitCode } = await cli.attach(["--url", workspace.url], withToken);

  await type("#model: say typed over there");
  write("\r");
  await until(async () => (await workspace.messages()).at(-1)?.content === "typed over there", "the answer");
  write("\x1d");

  expect(await exitCode).toBe(0);
  expect(screen()).toContain(`left "${workspace.url}"; it goes on`);
  await workspace.stable();
  expect(await workspace.ask("#model: say still here")).toBe("still here");
});

test("a send that waits for a person says how to get there", async () => {
  const { url } = workspace;
  const sending = cli.start(["send", "--url", url, "#model: run-escalated true\n#model: say allowed"], withToken);
  let said = "";
  sending.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const end = ended(sending);
  await until(() => said.includes(`Codex waits for an approval: codex-workspace attach --url ${url}`), "the hint");

  const { approvals } = await createClient({ baseUrl: url, token })
    .session()
    .approvals({ states: ["pending"] });
  await createClient({ baseUrl: url, token }).session().decide(approvals[0]!.id, { decision: "accept" });
  expect(await end).toMatchObject({ code: 0, stdout: "allowed\n" });
});

test.each(["status", "messages", "send"])("%s: a token that is wrong or missing is exit code 2", async (command) => {
  const args = [command, "--url", workspace.url, "--json", ...(command === "send" ? ["hello"] : [])];

  const wrong = await cli.run(args, { env: { CODEX_WORKSPACE_TOKEN: "wr0ng" } });
  expect(wrong.code).toBe(2);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: "TOKEN_INVALID" } });
  expect(wrong.stderr).toContain("refuses the token of CODEX_WORKSPACE_TOKEN");
  expect(wrong.stdout + wrong.stderr).not.toContain("wr0ng");
  expect(await cli.run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining("wants a token") as string });
});

test("a token with few scopes does what they allow", async () => {
  expect(await cli.run(["status", "--url", workspace.url], ofTheBoard)).toMatchObject({ code: 0 });
  expect(await cli.run(["send", "--url", workspace.url, "hello"], ofTheBoard)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/lacks the scope `prompt`[\s\S]*api\.tokens/) as string,
  });
  expect(await cli.run(["send", "--no-wait", "--url", workspace.url, "hello"], ofTasks)).toMatchObject({ code: 0 });
  const { screen, exitCode } = cli.inTerminal(["attach", "--url", workspace.url], ofTheBoard);
  expect(await exitCode).toBe(1);
  expect(screen()).toContain("lacks the scope `terminal`");
});

test("what contradicts itself is refused before anybody is asked", async () => {
  const refused = (message: string) => ({ code: 2, stderr: expect.stringContaining(message) as string });

  expect(await cli.run(["status", "--token-file", "token"])).toMatchObject(refused("for a workspace that --url names"));
  expect(await cli.run(["status", "--url", workspace.url, "--name", "app"])).toMatchObject(refused("cannot be used"));
  expect(await cli.run(["status", "--url", "ftp://127.0.0.1"])).toMatchObject(refused("begins with http"));
  expect(await cli.run(["status", "--url", "http://127.0.0.1:1"])).toMatchObject({ code: 3 });
});
