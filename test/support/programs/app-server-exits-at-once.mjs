#!/usr/bin/env node
// Says the version of the pin, and ends whenever it shall be an app-server.
if (process.argv.includes("--version")) console.log(`codex-cli ${process.env.PRETENDED_VERSION ?? "0.169.0"}`);
if (!process.argv.includes("app-server")) process.exit(0);
console.error("no app-server today");
process.exit(7);
