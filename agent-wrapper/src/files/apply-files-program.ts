import { json } from "node:stream/consumers";
import { applyFiles, type ApplyRequest } from "./apply-files.ts";

// The wrapper starts this as the owner of CODEX_HOME: a request on standard input, the result on standard output.
void json(process.stdin)
  .then((request) => applyFiles(request as ApplyRequest))
  .then((result) => process.stdout.write(JSON.stringify(result)));
