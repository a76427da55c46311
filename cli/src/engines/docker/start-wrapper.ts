import type Docker from "dockerode";
import { listeningPort } from "../listening-port.ts";
import { startNow } from "./start-now.ts";
import { unframed } from "./unframed.ts";

/** From then on it is asked all the same, and so is why it does not answer. */
const listenDeadlineMs = 20_000;

/**
 * Starts the wrapper's container, and waits until the wrapper listens or has ended: for whoever comes earlier the gateway has
 * nowhere to lead to, and logs that as critical.
 */
export async function startWrapper(docker: Docker, container: Docker.Container, signal: AbortSignal): Promise<void> {
  const enough = new AbortController();
  const abortSignal = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(listenDeadlineMs)]);
  const output = unframed(docker, await container.attach({ stream: true, stdout: true, stderr: true, abortSignal }));
  try {
    if (!(await startNow(container))) return;
    let said = "";
    for await (const chunk of output) {
      said += String(chunk);
      if (listeningPort(said) !== undefined) return;
    }
  } finally {
    enough.abort();
  }
}
