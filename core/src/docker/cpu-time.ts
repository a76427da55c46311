/** A limit of CPUs in the words of the kernel's scheduler. */
export interface CpuTime {
  /** Microseconds. */
  readonly period: number;
  /** Microseconds of CPU time within each period. */
  readonly quota: number;
}

/**
 * Returns the limit that Docker itself makes of `--cpus`. The Docker providers take these two numbers, because their `cpus`
 * fails: Terraform's provider 3.6.2 crashes at it (fixed in 3.7.0), and Pulumi's provider reads 1 back as "1.0" and replaces
 * the container at every `up`.
 */
export function toCpuTime(cpus: number): CpuTime {
  const period = 100_000;
  return { period, quota: Math.round(cpus * period) };
}
