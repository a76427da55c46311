/** What a program of this folder is asked to do. */
export interface FuzzOptions {
  readonly seed: string;
  /** How many inputs are sent. */
  readonly count: number;
}

/** Figures of a run, in the order in which they are printed. */
export type Figures = Readonly<Record<string, number>>;

/** Counts by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  get figures(): Figures {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a.localeCompare(b)));
  }
}

/** Runs `work` for each number below `count`, some at a time. Fails with the first failure. */
export async function inParallel(count: number, work: (number: number) => Promise<void>, atOnce = 8): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
}
