import { json } from "node:stream/consumers";
import { applyFiles, type ApplyRequest } from "./apply-files.ts";

// The wrapper starts this as the owner of CODEX_HOME: requests on standard input, their results on standard output.
void json(process.stdin)
  .then((requests) => Promise.all((requests as ApplyRequest[]).map(applyFiles)))
  .then((results) => process.stdout.write(JSON.stringify(results)));
