import { planAndRender } from "./plan-full-spec.ts";

/** The time of the first call in a process, in milliseconds, on standard output: `plan.ts` starts it. */
const began = performance.now();
planAndRender();
process.stdout.write(String(performance.now() - began));
