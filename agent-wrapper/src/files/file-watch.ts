import { stat } from "node:fs/promises";

/** Looking by the clock sees every change of every file system, a volume's and a mounted secret's too. */
const pollMs = 250;

/** Tells that a file has changed, come or gone; the first look tells that it is there. */
export class FileWatch {
  readonly #file: string;
  readonly #onChange: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #seen: string | undefined;
  /** One look after the other, so that what is read last is what the file had last. */
  #looking: Promise<void> = Promise.resolve();

  constructor(file: string, onChange: () => Promise<void>) {
    this.#file = file;
    this.#onChange = onChange;
    this.#timer = setInterval(() => void this.look(), pollMs).unref();
  }

  /** Looks now; settles when what has changed by then is dealt with. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** The next look tells it again, whether it has changed or not. */
  forget(): void {
    this.#seen = undefined;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const version = await versionOf(this.#file);
    if (version === this.#seen) return;
    this.#seen = version;
    await this.#onChange();
  }
}

/** Changes with every writing, renaming or removal. */
async function versionOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(":");
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
