export { buildContext, packBuildContext, type BuildContextOptions, type ImageInputs } from "./build-context.ts";
export { wrapperFlags, wrapperProgram, wrapperVersion } from "./program.ts";
export { requireImageOfOurs, type PrebuiltImage } from "./require-image-of-ours.ts";
export { seccompProfile } from "./seccomp.ts";
