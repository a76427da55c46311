import type docker from "@pulumi/docker";
import { engine } from "./engine.ts";

/** The length of what the engine puts before each line of a container without a terminal. */
const headerLength = 8;

/** What a container wrote, by lines; `tail` is how many of the last ones, all by default. */
export async function readLogs(args: docker.GetLogsArgs): Promise<docker.GetLogsResult> {
  const { name, tail = "all", discardHeaders = true, logsListStringEnabled = true } = args;
  const { showStdout: stdout = true, showStderr: stderr = true, timestamps = false } = args;
  const lines = Number(tail);
  const options = { stdout, stderr, timestamps, follow: false as const, ...(tail !== "all" && { tail: lines }) };
  const written = await engine.getContainer(name).logs(options);
  const logsListStrings = logsListStringEnabled ? written.toString("latin1").split("\n").slice(0, -1) : [];
  // What the provider returns begins with them too unless they are to be discarded.
  const from = discardHeaders ? headerLength : 0;
  return {
    ...args,
    id: name,
    logsListStrings: logsListStrings.map((line) => Buffer.from(line.slice(from), "latin1").toString("utf8")),
  };
}
