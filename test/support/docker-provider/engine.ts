import Docker from "dockerode";

/** That of the environment, until the provider is configured. */
export let engine = new Docker();

/** @param host - `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375` */
export function useHost(host: string): void {
  const { protocol, pathname, hostname, port } = new URL(host);
  engine = protocol === "unix:" ? new Docker({ socketPath: pathname }) : new Docker({ host: hostname, port });
}

/** Fails as the real provider of Pulumi does where no engine answers: its words name no socket (observed on 5.2.0). */
export async function requireEngine(): Promise<void> {
  try {
    await engine.ping();
  } catch (cause) {
    const reason = "failed to connect to any docker daemon";
    throw new Error(`docker native provider returned an unexpected error from Configure: ${reason}`, { cause });
  }
}

/** `undefined` where the engine says that there is none. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Ends with what the engine reports: an error of it is one here. */
export async function followProgress(stream: NodeJS.ReadableStream): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(stream, (error, events: { error?: string }[]) => {
      const failed = error?.message ?? events.find((event) => event.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(failed));
    });
  });
}
