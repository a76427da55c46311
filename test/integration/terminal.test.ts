import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { attach, type Attached } from "../support/attached-terminal.ts";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { authorized, TestWorkspace } from "../support/workspace.ts";

test("a prompt typed in the terminal is a message, and one sent over HTTP is on its screen", async () => {
  await using workspace = await TestWorkspace.start();
  const screen = await workspace.followScreen();
  await until(() => screen().includes("›"), "the terminal to show its prompt");

  await workspace.typePrompt("typed by hand", screen);
  await until(async () => (await workspace.messages()).length === 3, "the typed prompt's answer");
  await workspace.stable();
  await workspace.ask("sent by HTTP");
  await until(() => screen().includes("sent by HTTP"), "the sent prompt on the screen");

  expect((await workspace.messages()).map(({ role, content }) => [role, content])).toEqual([
    ["agent", ""],
    ["user", "typed by hand"],
    ["agent", "Echo: typed by hand"],
    ["user", "sent by HTTP"],
    ["agent", "Echo: sent by HTTP"],
  ]);
});

test("a prompt typed into a running turn steers it, and the roles still alternate", async () => {
  await using workspace = await TestWorkspace.start();
  const screen = await workspace.followScreen();
  await until(() => screen().includes("›"), "the terminal to show its prompt");
  await workspace.prompt("#model: stream 60 chunks every 50ms");
  await workspace.typePrompt("rather this", screen);
  await until(async () => (await workspace.messages()).length >= 4, "the steering prompt");
  await workspace.stable();

  const messages = await workspace.messages();
  expect(messages.map(({ role }) => role)).toEqual(["agent", "user", "agent", "user", "agent"]);
  expect(messages[3]?.content).toBe("rather this");
  expect(messages[4]?.content).toBe("Echo: rather this");
});

test("whoever attaches later sees the screen so far, can type and set the size", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.ask("said before anybody looked");
  const first = await attach(workspace);
  await until(() => first.shown().includes("said before anybody looked"), "the first screen");
  const second = await attach(workspace);
  await until(() => second.shown().includes("said before anybody looked"), "the same screen for the second");

  second.socket.send(JSON.stringify({ type: "resize", columns: 132, rows: 40 }));
  second.socket.send(Buffer.from("hello-from-the-second"));
  await until(() => first.shown().includes("hello-from-the-second"), "the first to see what the second types");

  const sizes = [
    [1, 1],
    [9, 3],
    [0, 0],
    [5000, 70_000],
    [0, 50],
  ] as const;
  for (const [columns, rows] of sizes) first.socket.send(JSON.stringify({ type: "resize", columns, rows }));
  first.socket.send(JSON.stringify({ type: "write" }));
  first.socket.send(JSON.stringify({ type: "resize", columns: 120, rows: 30 }));
  first.socket.send(Buffer.from("-and-goes-on"));
  await until(() => second.shown().includes("-and-goes-on"), "a terminal of odd sizes to go on");

  first.socket.send("no control");
  const [code] = await new Promise<[number]>((resolve) => first.socket.once("close", (...how) => resolve([how[0]])));
  expect(code).toBe(1008);
  second.socket.close();
});

test("one writes at a time: the next takes over, is told so, and hands over when asked or when it leaves", async () => {
  await using workspace = await TestWorkspace.start();
  const [first, second, watcher] = [await attach(workspace), await attach(workspace), await attach(workspace)];
  const [yours, notYours] = [true, false].map((own) => JSON.stringify({ type: "writer", yours: own }));
  const press = ({ socket }: Attached, keys: string): void => socket.send(Buffer.from(keys));
  const seen = (text: string): Promise<void> => until(() => watcher.shown().includes(text), `"${text}" on the screen`);
  await until(() => watcher.shown().includes("Ask Codex"), "the terminal");

  press(first, "one");
  await seen("one");
  press(second, "two");
  await seen("onetwo");
  await until(() => first.notices.length === 2, "the first to be told");
  press(first, "dropped");
  first.socket.send(JSON.stringify({ type: "write" }));
  press(first, "three");
  await seen("onetwothree");
  press(second, "dropped");
  await until(() => second.notices.length === 2, "the second to be told");
  first.socket.close();
  await until(async () => {
    press(second, "4");
    return Promise.resolve(watcher.shown().includes("onetwothree4"));
  }, "the one that is left to write");

  expect(watcher.shown()).not.toContain("dropped");
  expect(first.notices).toEqual([yours, notYours, yours]);
  expect(second.notices.slice(0, 2)).toEqual([yours, notYours]);
  expect(watcher.notices).toEqual([]);
  for (const { socket } of [second, watcher]) socket.close();
});

test("closing the terminal touches no turn; it starts again on the next need", async () => {
  await using workspace = await TestWorkspace.start();
  const person = await attach(workspace);
  await until(() => person.shown().includes("›"), "the first screen");
  await workspace.prompt("#model: wait 2s\n#model: say finished all the same");
  const closed = new Promise((resolve) => person.socket.once("close", resolve));
  const [program] = await childrenOf(workspace.pid, " resume ");
  process.kill(program!, "SIGKILL");
  expect(await closed).toBe(1000);
  await workspace.stable();
  expect((await workspace.messages()).at(-1)?.content).toBe("finished all the same");

  const again = await attach(workspace);
  await until(() => again.shown().includes("finished all the same"), "the conversation on a new screen");
  again.socket.close();
});

test("people at the terminal stay when another app-server takes over", async () => {
  await using workspace = await TestWorkspace.start();
  await workspace.ask("said before");
  const person = await attach(workspace);
  await until(() => person.shown().includes("said before"), "the first screen");
  const [program] = await childrenOf(workspace.pid, " resume ");
  const [server] = await childrenOf(workspace.pid, "app-server");
  process.kill(server!, "SIGKILL");
  await until(
    async () => ![undefined, program].includes((await childrenOf(workspace.pid, " resume "))[0]),
    "a terminal",
  );
  await until(() => person.shown().includes("said before"), "the screen again");
  await until(async () => {
    person.socket.send(Buffer.from("typed-after"));
    return Promise.resolve(person.shown().includes("typed-after"));
  }, "keys to arrive");
  expect(person.socket.readyState).toBe(WebSocket.OPEN);
  person.socket.close();
});

test.each([
  ["without a token", {}, 401],
  ["with a wrong token", { authorization: "Bearer nonsense" }, 401],
  ["from a foreign page", { ...authorized, origin: "https://evil.example" }, 403],
  ["with a foreign host", { ...authorized, host: "evil.example" }, 400],
])("a terminal %s is refused", async (_, headers, status) => {
  await using workspace = await TestWorkspace.start();
  const socket = new WebSocket(`${workspace.url.replace("http", "ws")}/v1/sessions/main/terminal`, { headers });
  const answered = await new Promise((resolve) => {
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
    socket.once("open", () => resolve("open"));
    socket.on("error", () => undefined);
  });
  expect(answered).toBe(status);
});
