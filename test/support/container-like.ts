import { request } from "node:http";
import { json } from "node:stream/consumers";
import { docker, testLabel } from "./docker.ts";

interface Inspected {
  readonly Config: object;
  readonly HostConfig: object;
}

/**
 * Creates a container that has all that an engine of ours gave another one, with a program of the test's in place of its own
 * and, if wanted, on a network. The command line of Docker cannot do that, so its API is asked.
 */
export async function createLike(
  container: string,
  name: string,
  program: readonly string[],
  network?: string,
): Promise<void> {
  const [{ Config, HostConfig }] = JSON.parse(await docker(["inspect", container])) as [Inspected];
  const body = {
    ...Config,
    Labels: { [testLabel]: "" },
    Entrypoint: program,
    Cmd: [],
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      ...HostConfig,
      RestartPolicy: { Name: "no" },
      ...(network !== undefined && { NetworkMode: network }),
    },
  };
  const creating = request({
    socketPath: "/var/run/docker.sock",
    method: "POST",
    path: `/containers/create?name=${name}`,
    headers: { "content-type": "application/json" },
  });
  creating.end(JSON.stringify(body));
  const answer = await new Promise<NodeJS.ReadableStream & { statusCode?: number }>((resolve, reject) =>
    creating.once("response", resolve).once("error", reject),
  );
  if (answer.statusCode !== 201) throw new Error(JSON.stringify(await json(answer)));
  answer.resume();
}
