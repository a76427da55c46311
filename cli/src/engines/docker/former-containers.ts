import type Docker from "dockerode";
import { type ExistingContainer, Inventory, isLeftover, suffixes } from "./inventory.ts";
import { startNow } from "./start-now.ts";
import { startWrapper } from "./start-wrapper.ts";

/**
 * The containers that a replacement stops. They keep their volumes and network until the replacement is ready, so that a failure
 * can start them again.
 */
export class FormerContainers {
  readonly #docker: Docker;
  readonly #containers: readonly ExistingContainer[];
  #isSetAside = false;

  constructor(docker: Docker, { containers }: Inventory) {
    this.#docker = docker;
    this.#containers = containers;
  }

  /** Whether any was stopped. */
  get isSetAside(): boolean {
    return this.#isSetAside;
  }

  /** Stops them, and gives their names to the containers that replace them. */
  async setAside(): Promise<void> {
    this.#isSetAside = true;
    for (const { id, name, running } of this.#containers) {
      const container = this.#docker.getContainer(id);
      if (running) await container.stop();
      await container.rename({ name: `${name}${suffixes.former}` });
    }
  }

  /** Gives them their names again, and starts those that ran, in the order of their first start. */
  async bringBack(): Promise<void> {
    for (const { id, name } of this.#containers) {
      const container = this.#docker.getContainer(id);
      const { Name } = await container.inspect();
      if (Name !== `/${name}`) await container.rename({ name });
    }
    // Docker lists new containers first.
    const ran = this.#containers.filter(({ running }) => running).reverse();
    for (const { id, role } of ran) {
      const container = this.#docker.getContainer(id);
      // The signal of the command may be why the replacement failed.
      if (role === "workspace") await startWrapper(this.#docker, container, new AbortController().signal);
      else await startNow(container);
    }
    this.#isSetAside = false;
  }
}

/** Removes the containers of a replacement that was killed. Returns what is there then. */
export async function withoutLeftovers(
  docker: Docker,
  existing: Inventory,
  wanted: readonly string[],
): Promise<Inventory> {
  const leftovers = existing.containers.filter(({ name }) => isLeftover(name, wanted));
  for (const { id } of leftovers) await docker.getContainer(id).remove({ force: true, v: true });
  return leftovers.length === 0 ? existing : Inventory.read(docker, existing.workspace);
}
