import { container } from "./container.ts";
import { network } from "./network.ts";
import { remoteImage } from "./remote-image.ts";
import { volume } from "./volume.ts";

/** A kind of resource of the Docker provider, on the real engine; properties in the words of @pulumi/docker. */
export interface Resource {
  /** Where it was made but something after that failed, both: it is there, and is not as it should be. */
  create(args: never): Promise<{ readonly id: string; readonly failure?: Error }>;
  /** What the engine says of it, as far as the provider asks; `undefined` where it is gone. */
  read(id: string, args: never): Promise<Properties | undefined>;
  /** Does what is done in place of what changed. */
  update(id: string, args: never, changed: readonly string[]): Promise<void>;
  delete(id: string, args: never): Promise<void>;
}

export type Properties = Readonly<Record<string, unknown>>;

export const resources = {
  Container: container,
  Network: network,
  RemoteImage: remoteImage,
  Volume: volume,
} satisfies Record<string, Resource>;

export type Kind = keyof typeof resources;
