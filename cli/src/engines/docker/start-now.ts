import type Docker from "dockerode";
import { isStatus } from "./docker-failure.ts";

/**
 * Starts a container that has ended. Docker starts it again by itself: it may have done so by now, and then this is false; or
 * wait before it does, longer each time, and then it is not waited for.
 */
export async function startNow(container: Docker.Container): Promise<boolean> {
  try {
    await container.start();
  } catch (error) {
    if (!isStatus(error, 304)) throw error;
    const { State } = await container.inspect();
    if (!State.Restarting) return false;
    await container.restart({ t: 0 });
  }
  return true;
}
