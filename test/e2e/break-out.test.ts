import { chown, copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defaultApiPort, relayPorts } from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { pidOf, shell, up } from "../support/container.ts";
import { withoutDocker } from "../support/docker.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
const program = fileURLToPath(new URL("../support/programs/break-out.sh", import.meta.url));

/** What each attempt is met with, inside Codex's sandbox and outside of it. */
const refused = {
  tokens: expect.stringContaining("Permission denied") as string,
  settings: expect.stringMatching(/Permission denied|Read-only file system/) as string,
  database: expect.stringContaining("Permission denied") as string,
  "wrapper-environment": expect.stringContaining("Permission denied") as string,
  "wrapper-memory": expect.stringContaining("Permission denied") as string,
  "wrapper-signal": expect.stringMatching(/Operation not permitted|No such process/) as string,
  "terminal-environment": expect.stringContaining("Permission denied") as string,
  "terminal-signal": expect.stringMatching(/Operation not permitted|No such process/) as string,
  "app-server": expect.stringContaining(" 401 ") as string,
  approvals: expect.stringContaining(" 401 ") as string,
  terminal: expect.stringContaining(" 401 ") as string,
};

/** The same means, where nothing is to be refused. */
const allowed = {
  health: expect.stringContaining(" 200 ") as string,
  "own-environment": expect.stringContaining("HOME=/home/codex") as string,
  "own-signal": "",
  "codex-config": expect.stringContaining("=") as string,
  user: "1000",
};

describe.skipIf(reason !== undefined)(
  `a command of the agent${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`,
  () => {
    const name = `break-out-test-${process.pid}`;
    let cli: TestCli;
    let workspace: WorkspaceHttp;
    let command: string;

    beforeAll(async () => {
      cli = await TestCli.create("docker");
      await mkdir(cli.path(name));
      await chown(cli.path(name), 1000, 1000);
      await copyFile(program, cli.path(name, "break-out.sh"));
      workspace = await up(cli, name);
      // The terminal starts on first need.
      await workspace.post("/message", { type: "raw", content: "" });
      await until(() => pidOf(name, "codex resume").then(Boolean, () => false), "the terminal");
      const words = ["agent-wrapper.cjs", "codex resume", "app-server"];
      const pids = await Promise.all(words.map((word) => pidOf(name, word)));
      const sockets = await shell(name, "1000", "cat /proc/net/tcp");
      const listening = [...sockets.matchAll(/0100007F:([0-9A-F]{4}) 00000000:0000 0A/g)].map(([, port = ""]) => port);
      const known: readonly number[] = [defaultApiPort, ...Object.values(relayPorts)];
      const [port] = listening.map((hex) => Number.parseInt(hex, 16)).filter((one) => !known.includes(one));
      command = ["bash break-out.sh", ...pids, port, defaultApiPort].join(" ");
    });
    afterAll(() => cli[Symbol.asyncDispose]());

    function outcomes(said: unknown): Record<string, string> {
      const lines = [...String(said).matchAll(/^([a-z-]+): ?(.*?)\r?$/gm)];
      return Object.fromEntries(lines.map(([, attempt = "", outcome = ""]) => [attempt, outcome]));
    }

    test("in the sandbox reaches neither tokens, state, terminal, app-server nor API", async () => {
      const said = outcomes(await workspace.ask(`#model: run ${command}`));
      expect(said).toMatchObject({ ...refused, ...allowed, "codex-environment": refused["wrapper-environment"] });
    });

    test("approved to run outside of it, it reaches app-server's environment, and still nothing else", async () => {
      const { id } = await workspace.enqueue(`#model: run-escalated ${command}`);
      const pending = async (): Promise<{ id: string }[]> =>
        (await workspace.get("/v1/sessions/main/approvals?state=pending")).body["approvals"] as { id: string }[];
      await until(async () => (await pending()).length > 0, "Codex to ask");
      const [asked] = await pending();
      await workspace.post(`/v1/sessions/main/approvals/${asked!.id}/decision`, { decision: "accept" });
      const said = outcomes((await workspace.ended(id))["finalMessage"]);
      const reached = { "codex-environment": expect.stringContaining("HOME=/home/codex") as string };
      expect(said).toMatchObject({ ...refused, ...allowed, ...reached });
    });
  },
);
