/** The scripted model as one file that needs nothing beside it, so that it can be copied into a container. Built by `npm run bundle`. */
export const demoProgram = new URL("../dist/scripted-model.mjs", import.meta.url);
