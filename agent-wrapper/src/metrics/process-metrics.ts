import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";

/** A finer one would wake an idle process up more often. */
const resolutionMs = 50;

/** The wrapper's own process. */
export function measureProcess(registry: Registry): void {
  const registers = [registry];
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  new Gauge({
    name: "codex_workspace_event_loop_lag_seconds",
    help: "How late timers were since the last time that somebody asked; quantile 1 is the latest.",
    labelNames: ["quantile"],
    registers,
    collect() {
      for (const quantile of [0.5, 0.99, 1]) this.set({ quantile }, toLagSeconds(delays.percentile(quantile * 100)));
      delays.reset();
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the wrapper's process, Codex's not included.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the wrapper's process was started, in seconds since the epoch.",
    registers,
  }).set(Math.round(performance.timeOrigin / 1000));
}

/** Node counts nanoseconds from one look to the next. */
function toLagSeconds(nanoseconds: number): number {
  return Math.max(nanoseconds / 1e9 - resolutionMs / 1e3, 0);
}
