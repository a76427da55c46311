import { join } from "node:path";
import type { ReloadStatus } from "@codex-workspace/api";
import {
  changedFixedSettings,
  configFiles,
  narrowedSettings,
  WorkspaceError,
  type WrapperConfig,
} from "@codex-workspace/core";
import type { Logger } from "pino";
import { FileWatch } from "./files/file-watch.ts";
import { type Bundle, readBundle } from "./files/read-bundle.ts";
import { firstLine } from "./first-line.ts";
import type { Sessions } from "./session/sessions.ts";
import type { Store } from "./session/store.ts";

export interface ReloadOptions {
  /** Of the configuration. */
  readonly directory: string;
  readonly sessions: Sessions;
  readonly store: Store;
  readonly logger: Logger;
  readonly inForce: () => Bundle;
  /** Puts another one in force. Where it throws, the former one still is. */
  readonly apply: (bundle: Bundle, options: ApplyOptions) => Promise<void>;
}

export interface ApplyOptions {
  /** Gives the preparation up: another configuration is wanted. */
  readonly signal: AbortSignal;
  /** Settles when no session works, or when a configuration that takes something away has waited long enough. */
  readonly atRest: (signal: AbortSignal) => Promise<void>;
  /** Time after which the former configuration ends, whether the next one is prepared or not. @default - no limit */
  readonly prepareMs: number | undefined;
}

/** Time that turns have to end before a configuration that takes something away from the agent interrupts them. */
const narrowingWaitMs = 60_000;
/** Time that such a configuration has for its start scripts and files, while the current one still is in force. */
const narrowingPrepareMs = 60_000;
/** Time that interrupted turns have to end before they end with app-server. */
const interruptedMs = 10_000;

/** What became of a new configuration, as readers of events and the log are told. */
type ReloadChange = Readonly<{
  state: ReloadStatus["state"] | "applied";
  configHash?: string;
  reason?: string;
  code?: string;
  remedy?: string;
}>;

type Failure = ReloadChange & { readonly state: "failed" };

/** Takes a configuration that was changed under the running wrapper, as soon as no session works. */
export class Reload {
  readonly #options: ReloadOptions;
  readonly #closing = new AbortController();
  #watch: FileWatch | undefined;
  /** What the directory had last, where that can be applied. */
  #wanted: Bundle | undefined;
  #applying: Bundle | undefined;
  #failed: Failure | undefined;
  /** Ends a wait, for another look at what is wanted. */
  #changed = new AbortController();
  /** When the configuration that is wanted interrupts what runs, where it does. */
  #interruptsAt: number | undefined;
  #isWorking = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** Nothing where what is provisioned is in force. */
  get status(): ReloadStatus | undefined {
    if (this.#applying !== undefined) return { state: "applying", configHash: this.#applying.config.configHash };
    const pending = this.#pending;
    if (pending === undefined) return this.#failed;
    const working = this.#options.sessions.working.map((name) => `"${name}"`).join(", ");
    const interrupts = this.#interruptsAt === undefined ? "" : `; ${this.#interruptsAfter}`;
    const reason = `a turn runs in session ${working}${interrupts}`;
    return { state: "waiting", configHash: pending.config.configHash, ...(working !== "" && { reason }) };
  }

  /** Looks at the directory now and whenever it changes, until `close`. */
  watch(): void {
    this.#watch = new FileWatch(join(this.#options.directory, configFiles.manifest), () => this.#read());
  }

  /** Settles when the status is that of the directory as it is now. */
  async look(): Promise<void> {
    await this.#watch?.look();
  }

  /** Settles when nothing is being applied. */
  async close(): Promise<void> {
    this.#watch?.close();
    this.#closing.abort();
    this.#wanted = undefined;
    this.#changed.abort();
    await this.#work;
  }

  get #pending(): Bundle | undefined {
    const isInForce = this.#wanted?.manifest.reveal() === this.#options.inForce().manifest.reveal();
    return isInForce ? undefined : this.#wanted;
  }

  async #read(): Promise<void> {
    const { directory, inForce } = this.#options;
    let bundle: Bundle | undefined;
    let failure: Failure | undefined;
    try {
      bundle = await readBundle(directory);
      requireReloadable(inForce().config, bundle.config);
    } catch (error) {
      failure = this.#failure(error, bundle);
    }
    // Somebody may be just writing it, the manifest not always last: it is tried until it is whole, and told once.
    if (bundle === undefined) this.#watch?.forget();
    const isTold = bundle === undefined && failure?.code === this.#failed?.code;
    this.#wanted = failure === undefined ? bundle : undefined;
    this.#failed = failure;
    // A preparation is given up for another configuration only: the same one may be written again, a half one is none.
    const isOther = bundle !== undefined && bundle.manifest.reveal() !== this.#applying?.manifest.reveal();
    if (this.#applying === undefined || isOther) this.#changed.abort();
    if (this.#closing.signal.aborted) return;
    if (failure !== undefined && !isTold) this.#tell(failure);
    if (this.#pending === undefined) return;
    this.#tell({ state: "waiting", configHash: this.#pending.config.configHash });
    if (!this.#isWorking) this.#work = this.#goOn();
  }

  async #goOn(): Promise<void> {
    const { sessions, apply } = this.#options;
    this.#isWorking = true;
    while (this.#pending !== undefined) {
      sessions.hold();
      const changed = new AbortController();
      this.#changed = changed;
      const bundle = this.#pending;
      const { configHash } = bundle.config;
      const atRest = (signal: AbortSignal): Promise<void> => this.#atRest(bundle, signal);
      await atRest(changed.signal);
      if (changed.signal.aborted) continue;
      this.#applying = bundle;
      this.#tell({ state: "applying", configHash });
      try {
        const prepareMs = this.#narrowedBy(bundle).length > 0 ? narrowingPrepareMs : undefined;
        await apply(bundle, { signal: changed.signal, atRest, prepareMs });
        this.#interruptsAt = undefined;
        this.#tell({ state: "applied", configHash });
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        const failure = this.#failure(error, bundle);
        if (error !== changed.signal.reason) this.#tell(failure);
        // What came meanwhile is tried next.
        if (this.#wanted === bundle) [this.#wanted, this.#failed] = [undefined, failure];
      }
      this.#applying = undefined;
    }
    this.#interruptsAt = undefined;
    this.#isWorking = false;
    if (!this.#closing.signal.aborted) sessions.release();
  }

  /**
   * Settles when no session works, or the signal is aborted. A configuration that takes something away from the agent
   * waits for a time, then interrupts the turns that run; a turn that does not end by that ends with app-server.
   */
  async #atRest(bundle: Bundle, signal: AbortSignal): Promise<void> {
    const { sessions, logger } = this.#options;
    const narrowed = this.#narrowedBy(bundle);
    if (narrowed.length === 0) {
      this.#interruptsAt = undefined;
      return sessions.atRest(signal);
    }
    // A configuration that replaces a waiting one does not start the time again.
    this.#interruptsAt ??= performance.now() + narrowingWaitMs;
    const waitMs = Math.max(0, Math.round(this.#interruptsAt - performance.now()));
    await sessions.atRest(AbortSignal.any([signal, AbortSignal.timeout(waitMs)]));
    const { working } = sessions;
    if (signal.aborted || working.length === 0) return;
    const reason = `what runs in ${working.map((name) => `"${name}"`).join(", ")} is interrupted: ${this.#interruptsAfter}`;
    logger.warn({ sessions: working, narrowed }, "a new configuration takes something away and interrupts what runs");
    this.#tell({ state: "waiting", configHash: bundle.config.configHash, reason });
    const ended = sessions.atRest(AbortSignal.any([signal, AbortSignal.timeout(interruptedMs)]));
    await Promise.race([ended, sessions.interrupt().then(() => ended)]);
  }

  /** What a configuration takes away from the agent. */
  #narrowedBy(bundle: Bundle): readonly string[] {
    return narrowedSettings(this.#options.inForce(), bundle);
  }

  get #interruptsAfter(): string {
    return `the new configuration takes something away, and waits ${narrowingWaitMs / 1000} s`;
  }

  #failure(error: unknown, bundle: Bundle | undefined): Failure {
    const known = error instanceof WorkspaceError ? error : undefined;
    if (known === undefined) this.#options.logger.error({ err: error }, "the new configuration cannot be used");
    return {
      state: "failed",
      ...(bundle !== undefined && { configHash: bundle.config.configHash }),
      reason: known === undefined ? "an unexpected error: see the log" : firstLine(known.message),
      ...(known !== undefined && { code: known.code, remedy: known.remedy }),
    };
  }

  /** Every session's readers are told, and the log. */
  #tell(change: ReloadChange): void {
    const { logger, sessions, store } = this.#options;
    const level = change.state === "failed" ? "warn" : "info";
    logger[level]({ reload: change }, `a new configuration: ${change.state}`);
    for (const { name } of sessions.all) store.events.append(name, "reload/changed", change);
  }
}

/** @throws WorkspaceError `CONFIG_NOT_RELOADABLE` */
function requireReloadable(inForce: WrapperConfig, next: WrapperConfig): void {
  const changed = changedFixedSettings(inForce, next);
  if (changed.length === 0) return;
  throw new WorkspaceError(`${changed.join(", ")} cannot change while the wrapper runs`, {
    code: "CONFIG_NOT_RELOADABLE",
    remedy: "Replace the workspace's container (or process), or take that change back.",
  });
}
