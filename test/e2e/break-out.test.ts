import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defaultApiPort, relayPorts } from "@codex-workspace/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCli } from "../support/cli.ts";
import { pidOf, shell, up } from "../support/container.ts";
import { withoutDocker } from "../support/docker.ts";
import { until, type WorkspaceHttp } from "../support/workspace-http.ts";

const reason = await withoutDocker();
const programs = fileURLToPath(new URL("../support/programs/", import.meta.url));

interface Approval {
  readonly decision?: string;
  readonly resolvedBy?: string;
}

/** What each attempt is met with, inside Codex's sandbox and outside of it. */
const refused = {
  tokens: expect.stringContaining("Permission denied") as string,
  settings: expect.stringMatching(/Permission denied|Read-only file system/) as string,
  database: expect.stringContaining("Permission denied") as string,
  "wrapper-environment": expect.stringContaining("Permission denied") as string,
  "wrapper-memory": expect.stringContaining("Permission denied") as string,
  "wrapper-signal": expect.stringMatching(/Operation not permitted|No such process/) as string,
  "terminal-environment": expect.stringContaining("Permission denied") as string,
  "codex-environment": expect.stringContaining("Permission denied") as string,
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
      for (const file of ["break-out.sh", "takes-app-server.mjs"])
        await copyFile(`${programs}${file}`, cli.path(name, file));
      const looks = cli.path(name, "looks-into-process");
      execFileSync("gcc", ["-static", "-o", looks, `${programs}looks-into-process.c`]);
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
      expect(said).toMatchObject({ ...refused, ...allowed });
    });

    /** Has a command asked for, as one that is to run outside the sandbox. */
    async function escalate(escalated: string): Promise<{ prompt: string; approval: string }> {
      const { id } = await workspace.enqueue(`#model: run-escalated ${escalated}`);
      await until(async () => (await pending()).length > 0, "Codex to ask");
      return { prompt: String(id), approval: (await pending())[0]!.id };
    }

    async function pending(): Promise<{ id: string }[]> {
      return (await workspace.get("/v1/sessions/main/approvals?state=pending")).body["approvals"] as { id: string }[];
    }

    function accept(approval: string): Promise<unknown> {
      return workspace.post(`/v1/sessions/main/approvals/${approval}/decision`, { decision: "accept" });
    }

    test("approved to run outside of it, it still reaches none of them", async () => {
      const { prompt, approval } = await escalate(command);
      await accept(approval);
      expect(outcomes((await workspace.ended(prompt))["finalMessage"])).toMatchObject({ ...refused, ...allowed });
    });

    test("approved once, it looks into no process of app-server or terminal, and into its own it does", async () => {
      const [server, terminal] = await Promise.all(["app-server", "codex resume"].map((word) => pidOf(name, word)));
      const looks = `for pid in ${server} ${terminal} ""; do echo; ./looks-into-process $pid; done`;
      const { prompt, approval } = await escalate(looks);
      await accept(approval);
      const said = String((await workspace.ended(prompt))["finalMessage"]);
      const [, ...processes] = said.split(/^(?=environ: )/m).map(outcomes);
      expect(processes).toHaveLength(3);
      const [ofServer, ofTerminal, own] = processes;
      for (const found of [ofServer!, ofTerminal!])
        expect(Object.keys(found).filter((way) => found[way] === "ok")).toEqual(["pidfd-open"]);
      expect(own).toMatchObject({ environ: "ok", maps: "ok", exe: "ok", "process-vm-readv": "ok" });
    });

    test("approved once, it takes app-server's place, and approves nothing", async () => {
      const log = cli.path(name, "attack.log");
      const said = async (): Promise<string> => readFile(log, "utf8").catch(() => "");
      const first = await escalate(
        "setsid node takes-app-server.mjs /workspace/attack.log </dev/null >/dev/null 2>&1 &",
      );
      await accept(first.approval);
      await until(async () => /^(done|failed)/m.test(await said()), "the attack", 60_000);
      expect(await said()).toMatch(/^took \d+\n/);
      expect(await said()).not.toContain("failed");

      // With every token that it was sent it asks the app-server that runs now.
      await until(async () => (await workspace.status())["status"] === "idle", "the session", 30_000);
      const next = await escalate("touch made-with-approval");
      const tried = performance.now() + 3000;
      await until(() => Promise.resolve(performance.now() > tried), "the attacker's tries");
      expect((await pending()).map(({ id }) => id)).toEqual([next.approval]);
      expect(existsSync(cli.path(name, "made-with-approval"))).toBe(false);
      // The mirror: the operator's answer counts.
      await accept(next.approval);
      expect(await workspace.ended(next.prompt)).toMatchObject({ state: "completed" });
      expect(existsSync(cli.path(name, "made-with-approval"))).toBe(true);
      await writeFile(cli.path(name, "stop"), "");
      expect(await said()).not.toContain("in: ");
      const { approvals } = (await workspace.get("/v1/sessions/main/approvals")).body as { approvals: Approval[] };
      const accepted = approvals.filter(({ decision }) => decision === "accept");
      expect(accepted.map(({ resolvedBy }) => resolvedBy)).toEqual(accepted.map(() => "token:api.token"));
      expect(await said()).toMatch(/looks: environ: Permission denied/);
    }, 200_000);
  },
);
