import { Registry } from "prom-client";
import { measureProcess } from "./process-metrics.ts";
import { countSessionEvents, type SessionCounts } from "./session-metrics.ts";
import { measureWrapper, type WrapperMeasures } from "./wrapper-metrics.ts";

/** What `GET /metrics` tells: counted from the start of the process on. */
export class Metrics {
  readonly #registry = new Registry();

  constructor(parts: SessionCounts & WrapperMeasures) {
    countSessionEvents(this.#registry, parts);
    measureWrapper(this.#registry, parts);
    measureProcess(this.#registry);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
