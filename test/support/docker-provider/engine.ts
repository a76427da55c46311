import Docker from "dockerode";

export const engine = new Docker();

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
