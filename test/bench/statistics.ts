export interface Statistics {
  readonly n: number;
  readonly median: number;
  readonly p99: number;
  readonly min: number;
}

/** Of at least one sample. */
export function statisticsOf(samples: readonly number[]): Statistics {
  const sorted = samples.toSorted((a, b) => a - b);
  return { n: sorted.length, median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), min: quantile(sorted, 0) };
}

/** Between two samples, the value lies on the line from one to the other. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (below === undefined || above === undefined) throw new Error("no sample");
  return below + (above - below) * (position % 1);
}

/** Milliseconds that an action takes. */
export async function timeMs(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}
