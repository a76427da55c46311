import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { spawn } from "node-pty";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliProgram, TestCli } from "../support/cli.ts";
import { TestWorkspace, token } from "../support/workspace.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

let workspace: TestWorkspace;
let cli: TestCli;
beforeAll(async () => {
  console.log(`SEED=${seed}`);
  cli = await TestCli.create("local");
  workspace = await TestWorkspace.start();
});
afterAll(async () => {
  await workspace[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const env = { CODEX_WORKSPACE_TOKEN: token };
const sequences = [
  "\x1b]52;c;ZWNobyBwd25lZA==\x07",
  "\x1b]0;title\x07",
  "\x1b[2J\x1b[1;1H",
  "\u009b31m",
  "\u009d0;t\u009c",
];
const single = [
  "\x1b",
  "\0",
  "\b",
  "\r",
  "\r\n",
  "\n",
  "\t",
  "\x7f",
  "\x85",
  "\u202e",
  "\u2066",
  "é",
  "€",
  "😀",
  "[",
  "a",
];

/** Numbers of a generator that gives the same for the same seed. */
function* numbers(state: number): Generator<number> {
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

/** 10,000 strings in which control characters are frequent, a line each. */
function hostileText(): string {
  const random = numbers(seed);
  const below = (limit: number): number => (random.next().value as number) % limit;
  const part = (): string => {
    if (below(6) === 0) return sequences[below(sequences.length)]!;
    return below(3) === 0 ? String.fromCharCode(below(0xa0)) : single[below(single.length)]!;
  };
  return Array.from({ length: 10_000 }, (_, index) => `${index}${part()}${part()}${part()}.`).join("\n");
}

/** The bytes that a terminal gets of a command. */
async function inTerminal(args: readonly string[]): Promise<{ bytes: Buffer; code: number }> {
  const terminal = spawn(process.execPath, [cliProgram, ...args], {
    cwd: cli.directory,
    env: { ...cli.env, ...env },
    encoding: null,
  });
  const chunks: Buffer[] = [];
  // With `encoding: null` the data are buffers, whatever the declared type says.
  terminal.onData((data: unknown) => chunks.push(data as Buffer));
  const code = await new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
  return { bytes: Buffer.concat(chunks), code };
}

/** What is written, without the CR that a terminal's line discipline adds; fails on any control but tab and newline. */
function harmless(bytes: Buffer): string {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
  const found = /(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.exec(text);
  const around = found && JSON.stringify(text.slice(Math.max(0, found.index - 20), found.index + 20));
  expect(around, `SEED=${seed}`).toBe(null);
  return text;
}

/** The same text as the terminal shows it, by rules that are written here once more. */
function visible(text: string): string {
  return Array.from(text.replaceAll("\r\n", "\n"), (character) => {
    const code = character.codePointAt(0)!;
    const isControl = (code < 0x20 && code !== 9 && code !== 10) || (code >= 0x7f && code < 0xa0);
    const isDirection = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return isControl || isDirection ? `\\u${code.toString(16).padStart(4, "0")}` : character;
  }).join("");
}

test("an answer of 10,000 hostile strings reaches no terminal, and a pipe byte for byte", async () => {
  const answer = hostileText();
  const send = ["send", "--url", workspace.url, "-"];
  const prompt = `#model: say ${JSON.stringify(answer)}`;
  const piped = await cli.run(send, { env, input: prompt });
  expect(piped.code).toBe(0);
  expect(piped.stdout === `${answer}\n`, `SEED=${seed}`).toBe(true);

  const messages = await inTerminal(["messages", "--url", workspace.url]);
  expect(harmless(messages.bytes).endsWith(`\n${visible(answer)}\n`), `SEED=${seed}`).toBe(true);
  const whole = await cli.run(["messages", "--url", workspace.url], { env });
  expect(whole.stdout.endsWith(`\n${answer}\n`), `SEED=${seed}`).toBe(true);

  const json = await inTerminal(["messages", "--url", workspace.url, "--json"]);
  const { messages: read } = JSON.parse(harmless(json.bytes)) as { messages: { content: string }[] };
  expect(read.at(-1)?.content === answer, `SEED=${seed}`).toBe(true);
});

test("send shows the answer and the prompt's own controls as text", async () => {
  const hostile = `x${sequences.join("y")}z`;
  const sent = await inTerminal(["send", "--url", workspace.url, `#model: say ${JSON.stringify(hostile)}`]);
  expect(harmless(sent.bytes)).toBe(`${visible(hostile)}\n`);
  await inTerminal(["send", "--url", workspace.url, `raw ${hostile}`]);
  const { bytes } = await inTerminal(["messages", "--url", workspace.url]);
  expect(harmless(bytes)).toContain(`raw ${visible(hostile)}`);
});

test("what a server says as an error reaches no terminal", async () => {
  const hostile = sequences.join(" ");
  const server = createServer((_request, response) => {
    const problem = { title: hostile, status: 409, detail: `no: ${hostile}`, code: "SESSION_BUSY", remedy: hostile };
    response.writeHead(409, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (const flags of [[], ["--json"], ["--debug"]]) {
      const { bytes, code } = await inTerminal(["status", "--url", url, ...flags]);
      expect(code).toBe(1);
      expect(harmless(bytes)).toContain(`error: no: ${visible(hostile)}`);
    }
    const piped = await cli.run(["status", "--url", url], { env });
    expect(piped.stderr).toContain(`error: no: ${hostile}`);
  } finally {
    server.close();
  }
});

test.each([
  ["an unknown option", ["status", `--\x1b]0;t\x07`]],
  ["an unknown command", ["\x1b[2J"]],
  ["a workspace that is not there", ["status", "--name", "a\u009b31m"]],
  ["a spec file", ["config", "render", "--spec", "no\x1b[2J.json"]],
  ["a directory", ["up", "/dev/null/\x1b[2J", "--engine", "local", "--create"]],
])("%s with escape sequences in its name is shown as text", async (_, args) => {
  const { bytes, code } = await inTerminal(args);
  expect(code).not.toBe(0);
  expect(harmless(bytes)).toMatch(/\\u00(?:1b|9b)/);
});
