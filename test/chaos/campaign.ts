import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { fileURLToPath } from "node:url";
import { echoScript } from "@codex-workspace/scripted-model";
import { killAll, processesWith } from "../support/processes.ts";
import type { Rounds } from "../support/rounds-program.ts";
import { until } from "../support/workspace-http.ts";
import { TestWorkspace } from "../support/workspace.ts";
import { act, pendingApprovals, Told } from "./clients.ts";
import { EventReader, type ReadEvent } from "./event-reader.ts";
import { Faults } from "./faults.ts";
import {
  checkApprovals,
  checkAudit,
  checkEvents,
  checkItems,
  checkMessages,
  checkNothingTwice,
  checkPrompts,
} from "./invariants.ts";
import { type Deed, type Fault, lastingSessions, planRound } from "./plan-round.ts";
import { type HistoryItem, threadHistory } from "./thread-history.ts";

/** A thread that has grown long makes rounds slow. */
const roundsPerWorkspace = 40;
/** After this a round's turns are interrupted: some never end by themselves. */
const turnsEndMs = 400;
/** Until what Codex tells late must be there. */
const lateMs = 5_000;

const clock = fileURLToPath(new URL("../support/programs/shifted-clock.mjs", import.meta.url));

/** Rounds of work and harm. Throws at the first promise that is not kept, with what repeats it. */
export async function runCampaign({ seed, rounds, first = 1, onRound }: Rounds): Promise<void> {
  for (let number = first; number < first + rounds;) {
    await using workspace = await ChaosWorkspace.start();
    const end = Math.min(first + rounds, number + roundsPerWorkspace);
    for (; number < end; number++) {
      const deeds = planRound(seed, number);
      try {
        await workspace.run(deeds);
      } catch (error) {
        throw new Error(`seed ${seed}, round ${number}: ${inspect(deeds)}\n${workspace.lastWords()}`, { cause: error });
      }
      onRound?.(number);
    }
  }
}

/** A workspace that many rounds use, with a reader for each of its sessions. */
class ChaosWorkspace implements AsyncDisposable {
  readonly #workspace: TestWorkspace;
  readonly #faults: Faults;
  /** How often the model was asked each text, without counting what followed from it. */
  readonly #asked: Map<string, number>;
  readonly #readers = new Map<string, EventReader>();

  private constructor(workspace: TestWorkspace, asked: Map<string, number>) {
    this.#workspace = workspace;
    this.#asked = asked;
    this.#faults = new Faults(workspace);
  }

  static async start(): Promise<ChaosWorkspace> {
    const asked = new Map<string, number>();
    const workspace = await TestWorkspace.start(
      {},
      {
        nodeArguments: [`--import=${clock}`],
        model: {
          script: (request) => {
            if (request.toolOutputs.length === 0) asked.set(request.prompt, (asked.get(request.prompt) ?? 0) + 1);
            return echoScript(request);
          },
        },
      },
    );
    for (const name of lastingSessions) if (name !== "main") await workspace.post("/v1/sessions", { name });
    const chaos = new ChaosWorkspace(workspace, asked);
    for (const name of lastingSessions) chaos.#readers.set(name, new EventReader(workspace, name, 0));
    return chaos;
  }

  async run(deeds: readonly Deed[]): Promise<void> {
    const told = new Told();
    const began = performance.now();
    await Promise.all(
      deeds.map(async (deed) => {
        await delay(Math.max(0, began + deed.atMs - performance.now()));
        await (isFault(deed) ? this.#faults.commit(deed) : act(this.#workspace, deed, told));
      }),
    );
    const sessions = [...lastingSessions, ...told.forks];
    await this.#settle(sessions);
    await this.#check(sessions, told);
    for (const name of told.forks) await this.#workspace.delete(`/v1/sessions/${name}`);
  }

  lastWords(): string {
    return this.#workspace.log
      .slice(-40)
      .map(({ err: _stack, ...line }) => JSON.stringify(line))
      .join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader[Symbol.asyncDispose]()));
    await this.#workspace[Symbol.asyncDispose]();
    // Of a Codex that is killed as it starts a command, the command's sandbox may outlive it; a container's end takes it.
    killAll((await processesWith(this.#workspace.directory)).map(({ pid }) => pid));
  }

  /** Lets everything come to its end: approves what is asked, sends what waits, ends what would never end. */
  async #settle(sessions: readonly string[]): Promise<void> {
    const workspace = this.#workspace;
    await workspace.ready();
    const began = performance.now();
    const isSettled = async (name: string): Promise<boolean> => {
      const path = `/v1/sessions/${name}`;
      const { body } = await workspace.get(path);
      const queue = body["queue"] as { paused: boolean };
      if (queue.paused) await workspace.post(`${path}/queue/resume`, {});
      for (const id of await pendingApprovals(workspace, name))
        await workspace.post(`${path}/approvals/${id}/decision`, { decision: "accept" });
      if (performance.now() - began > turnsEndMs && body["turn"] !== undefined)
        await workspace.post(`${path}/interrupt`, {});
      const unended = (await workspace.get(`${path}/prompts?state=queued,sending,running`)).body["prompts"];
      return body["status"] === "idle" && (unended as object[]).length === 0;
    };
    for (const name of sessions) {
      await until(() => isSettled(name), `session ${name} to settle`).catch(async (error: unknown) => {
        const { body } = await workspace.get(`/v1/sessions/${name}`);
        const { body: prompts } = await workspace.get(`/v1/sessions/${name}/prompts?state=queued,sending,running`);
        throw new Error(inspect({ session: body, prompts }, { depth: 5 }), { cause: error });
      });
    }
  }

  async #check(sessions: readonly string[], told: Told): Promise<void> {
    const workspace = this.#workspace;
    const histories = new Map<string, HistoryItem[]>();
    for (const name of sessions) {
      const { body } = await workspace.get(`/v1/sessions/${name}`);
      histories.set(name, await threadHistory(workspace.layout.codexHome, String(body["threadId"])));
    }
    await checkPrompts(workspace, told, histories, this.#asked);
    for (const name of lastingSessions) {
      await checkNothingTwice(workspace, name);
      await eventually(() => checkItems(workspace, name, histories.get(name) ?? []));
      await checkApprovals(workspace, name, told);
      await this.#checkEvents(name);
    }
    await checkMessages(workspace, histories.get("main") ?? []);
    await checkAudit(workspace);
  }

  async #checkEvents(session: string): Promise<void> {
    const followed = this.#readers.get(session)?.events ?? [];
    await using again = new EventReader(this.#workspace, session, 0);
    // What is said now both readers have to get.
    const before = followed.at(-1)?.id ?? 0;
    await this.#workspace.post(`/v1/sessions/${session}/queue/resume`, {});
    const isThere = ({ id, type }: ReadEvent): boolean => id > before && type === "queue/changed";
    await eventually(() => {
      assert.ok(followed.some(isThere) && again.events.some(isThere), `${session} says that its queue goes on`);
      checkEvents(followed, again.events);
    });
  }
}

/** Codex tells of some things a moment after their turn has ended. */
async function eventually(check: () => Promise<void> | void): Promise<void> {
  const end = performance.now() + lateMs;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await delay(20);
  }
}

function isFault(deed: Deed): deed is Deed & Fault {
  return ["kill", "stop wrapper", "fill disk", "freeze app-server", "jump clock"].includes(deed.do);
}
