import { join } from "node:path";
import type { ReloadStatus } from "@codex-workspace/api";
import { changedFixedSettings, configFiles, WorkspaceError, type WrapperConfig } from "@codex-workspace/core";
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
  readonly apply: (bundle: Bundle) => Promise<void>;
}

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
    const reason = `a turn runs in session ${working}`;
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
    this.#changed.abort();
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
      this.#changed = new AbortController();
      await sessions.atRest(this.#changed.signal);
      if (this.#changed.signal.aborted) continue;
      const bundle = this.#pending;
      const { configHash } = bundle.config;
      this.#applying = bundle;
      this.#tell({ state: "applying", configHash });
      try {
        await apply(bundle);
        this.#tell({ state: "applied", configHash });
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        const failure = this.#failure(error, bundle);
        this.#tell(failure);
        // What came meanwhile is tried next.
        if (this.#wanted === bundle) [this.#wanted, this.#failed] = [undefined, failure];
      }
      this.#applying = undefined;
    }
    this.#isWorking = false;
    if (!this.#closing.signal.aborted) sessions.release();
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
