#!/usr/bin/env node
// npm links a program only when its file is there at the install, which in a checkout comes before the build.

// Before anything is loaded: the stacks that --debug shows then name the sources, not the bundle. It costs time.
if (process.argv.includes("--debug")) process.setSourceMapsEnabled(true);
await import("../dist/program/codex-workspace.mjs");
