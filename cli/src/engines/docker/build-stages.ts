/** A line of the output of the classic builder: `Step 3/24 : RUN npm ci`. */
const stepLine = /^Step (\d+)\/(\d+) : (.*)$/;

export interface BuildStep {
  /** The line for a person who watches: a bar, the stage and the command. */
  readonly bar: string;
  /** The line for a log, where this step begins a stage. */
  readonly stage: string | undefined;
}

const barWidth = 20;

/** Follows a build through its stages. */
export class BuildStages {
  #stage = "";

  /** Returns what to show of a line that begins a step. */
  step(line: string): BuildStep | undefined {
    const [, number = "", count = "", command = ""] = stepLine.exec(line) ?? [];
    if (number === "") return undefined;
    const [, image = "", name] = /^FROM (\S+)(?: AS (\S+))?/i.exec(command) ?? [];
    if (image !== "") this.#stage = name ?? "image";
    // The step that runs is not done yet.
    const done = Math.round((barWidth * (Number(number) - 1)) / Number(count));
    const stage = this.#stage === "" ? "" : ` ${this.#stage}:`;
    return {
      bar: `[${"#".repeat(done)}${" ".repeat(barWidth - done)}] ${number}/${count}${stage} ${command}`,
      stage: image === "" ? undefined : `step ${number} of ${count}: stage ${this.#stage}, from ${image}`,
    };
  }
}
