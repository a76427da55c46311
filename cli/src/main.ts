import { WorkspaceError } from "@codex-workspace/core";
import { createOutput } from "./output.ts";
import { showError } from "./show-error.ts";

const wantedNode = 24;
const [major = 0] = process.versions.node.split(".").map(Number);
if (major < wantedNode) {
  const error = new WorkspaceError(
    `this is Node ${process.versions.node}; codex-workspace needs ${wantedNode} or later`,
    {
      code: "NODE_TOO_OLD",
      remedy: "Install Node 24 or later: https://nodejs.org.",
    },
  );
  const { stdout, stderr } = process;
  createOutput({ stdout, stderr, signal: AbortSignal.abort() }).note(showError(error));
  process.exit(1);
}

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // Again: somebody does not want to wait for the cleaning up.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort(
      new WorkspaceError("interrupted", {
        code: "INTERRUPTED",
        remedy: "Run the command again. What an `up` had created was taken back; a prompt that was sent goes on.",
      }),
    );
  });
}

// A reader such as `head` that has enough ends us without a word.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

// After the check above: an older Node cannot even load some of it.
const { run } = await import("./run.ts");
process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  ownFiles: [import.meta.filename, process.execPath],
  signal: interruption.signal,
});
