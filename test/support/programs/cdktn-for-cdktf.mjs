// Preloaded: the program and what it imports get `cdktn` for `cdktf`, as an npm alias has it.
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(/^cdktf(?=$|\/)/, "cdktn"), context),
});
