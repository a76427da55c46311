export {
  buildContext,
  packBuildContext,
  type BuildContext,
  type BuildContextOptions,
  type ContextFile,
  type ImageInputs,
} from "./build-context.ts";
export { wrapperProgram, wrapperVersion } from "./program.ts";
export { seccompProfile } from "./seccomp.ts";
