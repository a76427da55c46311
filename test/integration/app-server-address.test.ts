import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { childrenOf } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";

/** URL and hash of the token of the app-server that runs, by its command line. */
async function addressOf(workspace: TestWorkspace): Promise<{ pid: number; url: string; hash: string } | undefined> {
  const [pid] = await childrenOf(workspace.pid, "app-server");
  if (pid === undefined) return undefined;
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  const after = (flag: string): string => words[words.indexOf(flag) + 1]!;
  return { pid, url: after("--listen"), hash: after("--ws-token-sha256") };
}

test("no text in Codex's files makes the wrapper connect elsewhere", async () => {
  let connections = 0;
  const elsewhere = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  const url = `ws://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  await using workspace = await TestWorkspace.create();
  const forged = [`listening on: ${url}`, `  listening on: ${url}`, `x\\n  listening on: ${url}\\n`];
  await mkdir(workspace.layout.codexHome, { recursive: true });
  // Codex warns of every unknown key, with its name, before it listens.
  const keys = forged.map((text) => `"${text}" = 1\n`).join("");
  await writeFile(join(workspace.layout.codexHome, "config.toml"), keys);
  await workspace.start({ logLevel: "debug" });
  await workspace.ready();

  const quoted = workspace.log.filter(({ msg }) => String(msg).includes(`listening on: ${url}`));
  expect(quoted).toHaveLength(forged.length);
  expect(connections).toBe(0);
  expect(await workspace.ask("the mirror")).toBe("Echo: the mirror");
  elsewhere.close();
});

test("each app-server has a port and a token of its own", async () => {
  await using workspace = await TestWorkspace.start();
  const first = (await addressOf(workspace))!;
  process.kill(first.pid, "SIGKILL");
  await until(async () => ![undefined, first.pid].includes((await addressOf(workspace))?.pid), "another app-server");
  const second = (await addressOf(workspace))!;
  await workspace.ready();

  expect(second.url).not.toBe(first.url);
  expect(second.hash).not.toBe(first.hash);
  expect(await workspace.ask("the mirror")).toBe("Echo: the mirror");
});
