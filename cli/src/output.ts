export interface Output {
  /** The result of a command, on standard output. */
  result(text: string): void;
  /** Progress and remarks, on standard error, so that a result can be piped. */
  note(text: string): void;
  /** A line of somebody else's progress; shown only where a person watches. */
  detail(line: string): void;
}

export interface Streams {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function createOutput({ stdout, stderr }: Streams): Output {
  return {
    result: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    detail: (line) => {
      if (stderr.isTTY === true) stderr.write(`  ${line}\n`);
    },
  };
}
