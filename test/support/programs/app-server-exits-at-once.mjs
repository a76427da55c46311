#!/usr/bin/env node
// Prints the pinned version, and exits when it is started as an app-server.
import { CODEX_PIN } from "@codex-workspace/core";

if (process.argv.includes("--version")) console.log(`codex-cli ${CODEX_PIN}`);
if (!process.argv.includes("app-server")) process.exit(0);
console.error("no app-server today");
process.exit(7);
