/** What a run has created, to be taken back in reverse order when it fails. */
export class Undo {
  readonly #steps: { readonly what: string; readonly action: () => Promise<unknown> }[] = [];

  get isEmpty(): boolean {
    return this.#steps.length === 0;
  }

  /** @param what - for the message when the action fails: `container "x"` */
  defer(what: string, action: () => Promise<unknown>): void {
    this.#steps.push({ what, action });
  }

  /** Takes everything back; a step that fails stops no other. Returns what is left behind, in words. */
  async run(): Promise<readonly string[]> {
    const left: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.action();
      } catch (error) {
        left.push(`${step.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return left;
  }
}
