import { isZero } from "./changes.ts";
import type { Properties } from "./resources.ts";

/**
 * What the provider knows and the stand-in does not is no silent success of a test.
 * @param done - the properties that are done here
 */
export function refuseOthers<Args extends object>(args: Args, done: readonly (keyof Args & string)[]): void {
  const others = Object.entries(args as Properties).filter(
    ([name, value]) => !name.startsWith("__") && !(done as readonly string[]).includes(name) && !isZero(value),
  );
  if (others.length > 0) throw new Error(`the stand-in does nothing about ${others.map(([name]) => name).join()}`);
}
