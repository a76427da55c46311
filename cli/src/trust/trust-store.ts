import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { hashOf } from "../hash.ts";
import { writePrivateFile } from "../write-private-file.ts";
import type { TrustContent } from "./trust-content.ts";

const answerSchema = z.strictObject({
  format: z.literal(1),
  directory: z.string(),
  spec: z.string(),
  hash: z.string(),
  /** To show what changed. */
  text: z.string(),
  asks: z.array(z.strictObject({ path: z.string(), words: z.string() })),
  files: z.array(z.strictObject({ path: z.string(), sha256: z.string() })),
  trustedAt: z.string(),
});

/** The content that a user has said yes to, last. */
export type TrustAnswer = z.infer<typeof answerSchema>;

type Place = Pick<TrustContent, "directory" | "spec">;

/** The answers, one for each spec of each directory, in files for this user alone. */
export class TrustStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** An answer that this release does not understand is none: the question is asked again. */
  async read(place: Place): Promise<TrustAnswer | undefined> {
    const text = await readFile(this.#file(place), "utf8").catch(undefinedWhenMissing);
    if (text === undefined) return undefined;
    const { data } = answerSchema.safeParse(toJson(text));
    const isOfPlace = data?.directory === place.directory && data.spec === place.spec;
    return isOfPlace ? data : undefined;
  }

  async write({ directory, spec, hash, text, asks, files }: TrustContent): Promise<void> {
    const kept = { directory, spec, hash, text, asks: [...asks], files: [...files] };
    const answer: TrustAnswer = { format: 1, ...kept, trustedAt: new Date().toISOString() };
    await writePrivateFile(this.#file({ directory, spec }), `${JSON.stringify(answer, null, 2)}\n`);
  }

  /** Returns whether there was an answer. */
  async remove(place: Place): Promise<boolean> {
    const file = this.#file(place);
    const wasThere = (await readFile(file).catch(undefinedWhenMissing)) !== undefined;
    await rm(file, { force: true });
    return wasThere;
  }

  #file({ directory, spec }: Place): string {
    return join(this.#root, `${hashOf(JSON.stringify([directory, spec]))}.json`);
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function undefinedWhenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
