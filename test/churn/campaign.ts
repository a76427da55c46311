import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { TestCli } from "../support/cli.ts";
import { runDocker } from "../support/docker.ts";
import { firewallRules } from "../support/firewall.ts";
import { testImageBuild } from "../support/image.ts";
import { inventoryOf } from "../support/inventory.ts";
import type { Rounds } from "../support/rounds-program.ts";
import { until, WorkspaceHttp } from "../support/workspace-http.ts";
import { planRound, type Round } from "./plan-round.ts";

/** Commands that are killed, and what they leave. Throws at the first promise that is not kept, with what repeats it. */
export async function runChurn({ seed, rounds, first = 1, onRound }: Rounds): Promise<void> {
  const rulesBefore = await firewallRules();
  if (rulesBefore === undefined) console.warn("SKIPPED: this user may not read the firewall's rules");
  await using churned = await ChurnedWorkspace.create();
  for (let number = first; number < first + rounds; number++) {
    const round = planRound(seed, number);
    await churned.run(number, round).catch((cause: unknown) => {
      throw new Error(`seed ${seed}, round ${number}: ${inspect(round)}`, { cause });
    });
    onRound?.(number);
  }
  await churned.giveUp();
  // Docker is everybody's: others come and go too.
  const isAsBefore = async (): Promise<boolean> => rulesAfter(await firewallRules(), rulesBefore).length === 0;
  await until(isAsBefore, "the firewall to have no rule that it did not have before");
}

function rulesAfter(rules: readonly string[] = [], before: readonly string[] = []): string[] {
  return rules.filter((rule) => !before.includes(rule));
}

/** One workspace, of which every round kills a command. */
class ChurnedWorkspace implements AsyncDisposable {
  readonly #cli: TestCli;
  readonly #name = `churn-${randomBytes(4).toString("hex")}`;
  readonly #said: string[] = [];
  #settings = 0;

  private constructor(cli: TestCli) {
    this.#cli = cli;
  }

  static async create(): Promise<ChurnedWorkspace> {
    return new ChurnedWorkspace(await TestCli.create("docker"));
  }

  async run(number: number, { from, command, killAfterMs, crash, downFirst }: Round): Promise<void> {
    if (from === "up") await this.#up();
    else if (this.#said.length > 0) await this.#down();
    if (command === "up, with another setting") this.#settings += 1;
    await Promise.all([this.#killed(command, killAfterMs), crash && this.#crash(crash.container, crash.afterMs)]);

    const { workspaces } = await this.#cli.json(["list"]);
    assert.ok((workspaces as unknown[]).length <= 1, "one record at most");
    if (downFirst && (workspaces as unknown[]).length === 1) await this.#down();
    const workspace = await this.#up();
    const prompt = `#model: say round ${number}`;
    this.#said.push(prompt);
    assert.equal(await workspace.ask(prompt), `round ${number}`);
    const asked = (await workspace.messages()).filter(({ role }) => role === "user");
    assert.deepEqual(
      asked.map(({ content }) => content),
      this.#said,
      "the whole conversation is there",
    );
  }

  /** Nothing of it stays, neither in Docker nor among what the command line remembers. */
  async giveUp(): Promise<void> {
    await this.#cli.json(["down", "--volumes", "--name", this.#name]);
    assert.deepEqual(await inventoryOf(this.#name), []);
    assert.deepEqual(await this.#cli.names(), []);
    assert.deepEqual(await readdir(this.#cli.path("state", "workspaces")), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cli[Symbol.asyncDispose]();
  }

  async #up(): Promise<WorkspaceHttp> {
    await this.#writeSpec();
    const { url, token } = await this.#cli.up(this.#arguments());
    return new WorkspaceHttp(String(url), String(token));
  }

  async #down(): Promise<void> {
    await this.#cli.json(["down", "--name", this.#name]);
    const left = (await inventoryOf(this.#name)).filter((what) => what !== `volume codex-workspace-${this.#name}-home`);
    assert.deepEqual(left, [], "down leaves the home volume alone");
  }

  /** Starts a command, and kills it after so many milliseconds. */
  async #killed(command: Round["command"], afterMs: number): Promise<void> {
    await this.#writeSpec();
    const args =
      command === "down"
        ? ["down", "--name", this.#name]
        : ["up", ...this.#arguments(), "--engine", "docker", "--port", "0"];
    const running = this.#cli.start(args);
    const ended = once(running, "close");
    await Promise.race([ended, delay(afterMs)]);
    running.kill("SIGKILL");
    await ended;
  }

  /** Ends every process of a container at once, if it is there. */
  async #crash(container: string, afterMs: number): Promise<void> {
    await delay(afterMs);
    await runDocker(["exec", `codex-workspace-${this.#name}${container}`, "sh", "-c", "kill -9 -1"]);
  }

  #arguments(): string[] {
    return ["project", "--name", this.#name, "--spec", this.#cli.path("spec.json")];
  }

  async #writeSpec(): Promise<void> {
    const spec = { image: { build: testImageBuild }, resources: { pids: 1_000 + this.#settings } };
    await writeFile(this.#cli.path("spec.json"), JSON.stringify(spec));
  }
}
