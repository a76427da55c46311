import { codexReleases } from "@codex-workspace/core";
import { requireCodexProgram } from "../../cli/src/engines/local/codex-program.ts";
import { codexCache } from "./codex.ts";

export interface TestedCodex {
  readonly codexVersion: string;
  /** Of its native binary. */
  readonly codexProgram: string;
  /** Why it cannot be had here, in the words of a test's name; empty where it can. */
  readonly without: string;
}

/** Every version that a release is tested with, installed once into the user's cache where npm has not put it beside us. */
export async function testedCodexes(): Promise<readonly TestedCodex[]> {
  const cache = codexCache();
  const note = (text: string): boolean => process.stderr.write(`${text}\n`);
  const signal = AbortSignal.timeout(300_000);
  return Promise.all(
    Object.keys(codexReleases).map(async (codexVersion): Promise<TestedCodex> => {
      try {
        const options = { version: codexVersion, install: true, cache, env: process.env, signal, note };
        return { codexVersion, codexProgram: await requireCodexProgram(options), without: "" };
      } catch (error) {
        // A package that is not what was published is no reason to skip.
        if (!/could not be installed|not on PATH/.test(String(error))) throw error;
        return { codexVersion, codexProgram: "", without: " (SKIPPED: npm does not bring it)" };
      }
    }),
  );
}
