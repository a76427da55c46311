import { text } from "node:stream/consumers";
import { applyFiles, type ApplyRequest } from "./apply-files.ts";

// The wrapper starts this as the owner of CODEX_HOME: a request on standard input, the result on standard output.
const request = JSON.parse(await text(process.stdin)) as ApplyRequest;
process.stdout.write(JSON.stringify(await applyFiles(request)));
