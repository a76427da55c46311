import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { childrenOf, isAlive, killAll } from "../support/processes.ts";
import { until } from "../support/workspace-http.ts";
import type { TestWorkspace } from "../support/workspace.ts";
import type { Fault } from "./plan-round.ts";

/** The wrapper gives up at the fifth failure of app-server within a minute; that is not what is looked for here. */
const appServerKillsPerMinute = 3;

/** Does harm to a workspace, one thing after the other, and starts again what it ended. */
export class Faults {
  readonly #workspace: TestWorkspace;
  #appServerKills: number[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(workspace: TestWorkspace) {
    this.#workspace = workspace;
  }

  /** Settles when the harm is done, and the wrapper is started where it was ended. */
  commit(fault: Fault): Promise<void> {
    this.#last = this.#last.then(() => this.#commit(fault));
    return this.#last;
  }

  async #commit(fault: Fault): Promise<void> {
    switch (fault.do) {
      case "kill":
        await this.#kill(fault.what);
        break;
      case "stop wrapper":
        await this.#workspace.stop();
        await this.#restart();
        break;
      case "fill disk":
        await this.#fillDisk(fault.forMs);
        break;
      case "freeze app-server":
        await this.#freeze(fault.forMs);
        break;
      case "jump clock":
        await this.#healthy();
        process.kill(this.#workspace.pid, "SIGUSR2");
        break;
    }
  }

  /** app-server answers nothing for a while, and then everything. */
  async #freeze(forMs: number): Promise<void> {
    const frozen = await childrenOf(this.#workspace.pid, "app-server");
    const signal = (name: NodeJS.Signals): void => {
      for (const pid of frozen) if (isAlive(pid)) process.kill(pid, name);
    };
    signal("SIGSTOP");
    await delay(forMs);
    signal("SIGCONT");
  }

  async #kill(what: Extract<Fault, { do: "kill" }>["what"]): Promise<void> {
    const { pid } = this.#workspace;
    if (what === "machine" || what === "wrapper") {
      if (what === "machine") killAll(await childrenOf(pid, ""));
      await this.#workspace.stop("SIGKILL");
      await this.#restart();
      return;
    }
    const processes = await childrenOf(pid, what === "app-server" ? "app-server" : "sleep");
    if (what === "app-server") {
      const minuteAgo = performance.now() - 60_000;
      this.#appServerKills = [...this.#appServerKills.filter((at) => at > minuteAgo), performance.now()];
      if (this.#appServerKills.length > appServerKillsPerMinute) return this.#kill("wrapper");
    }
    killAll(processes);
  }

  async #restart(): Promise<void> {
    this.#appServerKills = [];
    await this.#workspace.start();
  }

  /** No file of the wrapper's grows any more, for a while; what is there can be read. */
  async #fillDisk(forMs: number): Promise<void> {
    await this.#healthy();
    const limit = (bytes: string): Promise<unknown> =>
      promisify(execFile)("prlimit", ["--pid", String(this.#workspace.pid), `--fsize=${bytes}:`]);
    await limit("0");
    await delay(forMs);
    const { status } = await this.#workspace.get("/v1/sessions/main/prompts");
    if (status !== 200) throw new Error(`with a full disk a read was answered ${status}`);
    await limit("unlimited");
  }

  async #healthy(): Promise<void> {
    const isHealthy = async (): Promise<boolean> =>
      (await this.#workspace.get("/healthz", {}).catch(() => undefined))?.status === 200;
    await until(isHealthy, "the wrapper to listen");
  }
}
